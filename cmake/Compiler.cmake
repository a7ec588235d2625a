# Warnings, sanitizers, ccache and linker for every target of this project.
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_library(parley_compiler INTERFACE)
target_compile_options(parley_compiler INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast
  $<$<BOOL:${PARLEY_WERROR}>:-Werror>)
# Coroutines: GCC 12 warns falsely here about frames that it builds itself.
target_compile_options(parley_compiler INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized -Wno-mismatched-new-delete>)

if(PARLEY_SANITIZE)
  add_compile_options(-fsanitize=${PARLEY_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -g1)
  add_link_options(-fsanitize=${PARLEY_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND PARLEY_SANITIZE MATCHES thread)
    # GCC warns, in Asio's headers, that the sanitizer does not know fences.
    add_compile_options(-Wno-tsan)
  endif()
  if(CMAKE_CXX_COMPILER_ID MATCHES Clang AND PARLEY_SANITIZE MATCHES undefined)
    # Clang 14 cannot compile coroutines with the function sanitizer.
    add_compile_options(-fno-sanitize=function)
  endif()
endif()
