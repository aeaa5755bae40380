# What every target of ours is compiled with.
add_library(fechatter_options INTERFACE)
target_compile_features(fechatter_options INTERFACE cxx_std_20)
target_include_directories(fechatter_options INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
target_compile_options(fechatter_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
  -Wno-missing-field-initializers $<$<BOOL:${FECHATTER_WERROR}>:-Werror>)
# GCC 12 reports these falsely for std::string and std::optional once it inlines (its bug 105651 and relatives).
target_compile_options(fechatter_options INTERFACE
  "$<$<CXX_COMPILER_ID:GNU>:-Wno-restrict;-Wno-maybe-uninitialized;-Wno-stringop-overflow;-Wno-stringop-overread;-Wno-array-bounds>")
# Without it clang writes the time into a precompiled header, and nothing that uses one is ever found in the compiler cache.
target_compile_options(fechatter_options INTERFACE $<$<CXX_COMPILER_ID:Clang>:SHELL:-Xclang -fno-pch-timestamp>)
target_compile_definitions(fechatter_options INTERFACE BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
find_program(FECHATTER_CCACHE ccache)
if(FECHATTER_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${FECHATTER_CCACHE})
endif()
