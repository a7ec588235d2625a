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
