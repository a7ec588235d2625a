# room(<name> SOURCES … [TESTS …] [BENCHMARKS …] [DEPENDS <rooms>] [LINKS <libraries>])
#
# One library target per folder. Its headers are reached as "<name>/x.hpp" through an include root
# that holds this room alone, so a room can include only the rooms that it DEPENDS on, directly or
# through them: a wrong arrow does not compile. TESTS make one executable, <name>_test;
# BENCHMARKS, with PARLEY_BENCH, another one: <name>_benchmark.
function(room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;TESTS;BENCHMARKS;DEPENDS;LINKS" ${ARGN})
  set(root ${PROJECT_BINARY_DIR}/rooms/${name})
  file(MAKE_DIRECTORY ${root})
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${root}/${name} SYMBOLIC)

  if(ROOM_SOURCES)
    add_library(${name} STATIC ${ROOM_SOURCES})
    set(scope PUBLIC)
    target_link_libraries(${name} PRIVATE $<BUILD_INTERFACE:parley_compiler>)
  else()
    add_library(${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(parley::${name} ALIAS ${name})
  target_include_directories(${name} ${scope}
    $<BUILD_INTERFACE:${root}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/parley>)
  target_link_libraries(${name} ${scope} ${ROOM_DEPENDS} ${ROOM_LINKS})

  if(PARLEY_TESTS AND ROOM_TESTS)
    add_executable(${name}_test ${ROOM_TESTS})
    target_link_libraries(${name}_test PRIVATE ${name} parley_compiler GTest::gtest_main GTest::gmock)
    set_target_properties(${name}_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
    add_test(NAME ${name} COMMAND ${name}_test)
    set_tests_properties(${name} PROPERTIES TIMEOUT 120)
  endif()

  if(PARLEY_BENCH AND ROOM_BENCHMARKS)
    add_executable(${name}_benchmark ${ROOM_BENCHMARKS})
    target_link_libraries(${name}_benchmark PRIVATE ${name} parley_compiler benchmark::benchmark_main)
    set_target_properties(${name}_benchmark PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/benchmarks)
    add_dependencies(benchmarks ${name}_benchmark)
  endif()
endfunction()
