# Installs the library floor so that others can find_package(parley) and link parley::socketio.
# tests/package proves it.
include(CMakePackageConfigHelpers)

set(PARLEY_PACKAGE_ROOMS base net redis http websocket engineio socketio)
set(parley_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/parley)

# A part of its own: `cmake --install BUILD --component library` needs no more than these targets built.
install(TARGETS ${PARLEY_PACKAGE_ROOMS} EXPORT parley ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library)
foreach(room ${PARLEY_PACKAGE_ROOMS})
  # The archives of the rooms have names of their own where others look for them: libparley_net.a.
  set_target_properties(${room} PROPERTIES OUTPUT_NAME parley_${room})
  install(DIRECTORY lib/${room}/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/parley/${room} COMPONENT library
    FILES_MATCHING PATTERN "*.hpp")
endforeach()

install(EXPORT parley NAMESPACE parley:: FILE parley-targets.cmake DESTINATION ${parley_package_dir} COMPONENT library)
configure_package_config_file(cmake/parley-config.cmake.in ${PROJECT_BINARY_DIR}/parley-config.cmake
  INSTALL_DESTINATION ${parley_package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/parley-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/parley-config.cmake ${PROJECT_BINARY_DIR}/parley-config-version.cmake
  DESTINATION ${parley_package_dir} COMPONENT library)

# The Debian package of the server (scripts/package): the program, its units, and a config file for production.
file(READ docs/parley.sample.conf parley_conf)
string(REPLACE "# env = development" "env = production" parley_conf "${parley_conf}")
string(REPLACE "# data-dir = ./data" "data-dir = /var/lib/parley" parley_conf "${parley_conf}")
string(REPLACE "# log-format = text" "log-format = json" parley_conf "${parley_conf}")
# Nobody is offered passwords in plain HTTP, or the metrics, who has not decided so.
string(REPLACE "# host = 0.0.0.0" "# This machine alone: a proxy on it has the certificate. 0.0.0.0 opens the server to
# everybody: then set tls-cert and tls-key, and metrics = off unless all may read them.
host = 127.0.0.1" parley_conf "${parley_conf}")
file(WRITE ${PROJECT_BINARY_DIR}/debian/parley.conf "${parley_conf}")
install(FILES ${PROJECT_BINARY_DIR}/debian/parley.conf DESTINATION /etc/parley COMPONENT server)
install(PROGRAMS deploy/debian/parleyctl DESTINATION sbin COMPONENT server)
install(FILES deploy/systemd/parley.service deploy/systemd/parley-worker.service
  DESTINATION /lib/systemd/system COMPONENT server)
install(FILES README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/parley COMPONENT server)
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/parley COMPONENT server)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/parley RENAME copyright COMPONENT server)

set(CPACK_GENERATOR DEB)
set(CPACK_COMPONENTS_ALL server)
set(CPACK_PACKAGE_NAME parley)
set(CPACK_PACKAGE_CONTACT "The Parley authors <parley@example.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Realtime chat backend in one binary")
set(CPACK_PACKAGE_DESCRIPTION "One-to-one messaging for apps: REST for accounts and history, Socket.IO for live
 traffic, with a store of its own, or MongoDB and Redis for many nodes.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_SERVER_PACKAGE_NAME parley)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${PROJECT_SOURCE_DIR}/deploy/debian/conffiles ${PROJECT_SOURCE_DIR}/deploy/debian/postinst
  ${PROJECT_SOURCE_DIR}/deploy/debian/prerm ${PROJECT_SOURCE_DIR}/deploy/debian/postrm)
include(CPack)
