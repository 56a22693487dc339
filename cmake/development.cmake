# Settings of dlpu's own programs; nothing here reaches a user of the target dlpu::dlpu.

if(PROJECT_IS_TOP_LEVEL)
  if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
  endif()
  find_program(CCACHE ccache)
  mark_as_advanced(CCACHE)
  if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_DEPEND=1 ${CCACHE})  # cheaper where it has nothing yet
  endif()
endif()

option(DLPU_WARNINGS_AS_ERRORS "Warnings in dlpu's own programs are errors" ${PROJECT_IS_TOP_LEVEL})
set(dlpu_warning_flags -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  list(APPEND dlpu_warning_flags -Wno-restrict)  # false alarms in std::string's operator+ (GCC bug 105651)
endif()
if(DLPU_WARNINGS_AS_ERRORS)
  list(APPEND dlpu_warning_flags -Werror)
endif()
set(dlpu_sanitized OFF)
if(CMAKE_CXX_FLAGS MATCHES "-fsanitize")
  set(dlpu_sanitized ON)
endif()
# Of what computes much: with sanitizers, everything else is compiled without optimization, which takes a third of the time.
# The preset's flag has memory accesses checked by calls, which takes a third less again and runs half as fast; here only
# those of large functions are, where checks in place would double the time.
set(dlpu_computing_flags "")
if(dlpu_sanitized)
  set(dlpu_computing_flags -O1)
  if(CMAKE_CXX_FLAGS MATCHES "outline-instrumentation")
    list(APPEND dlpu_computing_flags -fno-sanitize-address-outline-instrumentation
                                     "SHELL:-mllvm -asan-instrumentation-with-call-threshold=150")
  endif()
endif()

# As users compile; the kernels in program_instances have CMake's -O3.
set(dlpu_user_flags "")
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  set(dlpu_user_flags -O2)
endif()

add_library(dlpu_warnings INTERFACE)
target_compile_options(dlpu_warnings INTERFACE ${dlpu_warning_flags})

# A program of one or more sources, with the warnings on.
function(dlpu_program name)
  add_executable(${name} ${ARGN})
  set_target_properties(${name} PROPERTIES CXX_EXTENSIONS OFF)
  target_link_libraries(${name} PRIVATE dlpu::dlpu dlpu_warnings)
endfunction()

# The same as a library of parts that several programs share.
function(dlpu_program_library name)
  add_library(${name} STATIC ${ARGN})
  set_target_properties(${name} PROPERTIES CXX_EXTENSIONS OFF)
  target_link_libraries(${name} PRIVATE dlpu::dlpu dlpu_warnings)
endfunction()

# The kernels of all operators and instruction sets, for every program that includes support/program_instances.hpp or
# support/kernel_instances.hpp: what takes a compiler longest is compiled once.
dlpu_program_library(program_instances tests/support/rounding_reference.cpp tests/support/rounding_others.cpp)
set_target_properties(program_instances PROPERTIES EXCLUDE_FROM_ALL ON UNITY_BUILD OFF)  # units of equal size
target_include_directories(program_instances PUBLIC ${PROJECT_SOURCE_DIR}/tests)
target_compile_definitions(program_instances PUBLIC DLPU_HAS_INSTANCES)
target_compile_options(program_instances PRIVATE ${dlpu_computing_flags})
