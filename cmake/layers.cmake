# One object library per folder of the layer table, so that every source compiles once and the libraries are their sums.
# fechatter_layer(NAME [SUBDIRS dir...] [LINK lib...]): sources are the folder's *.cpp and those of SUBDIRS.
function(fechatter_layer name)
  cmake_parse_arguments(A "" "" "LINK;SUBDIRS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  foreach(dir ${A_SUBDIRS})
    file(GLOB more CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${dir}/*.cpp)
    list(APPEND sources ${more})
  endforeach()
  if(NOT sources)  # headers only, or not yet written
    set(sources ${CMAKE_CURRENT_BINARY_DIR}/empty.cpp)
    file(CONFIGURE OUTPUT ${sources} CONTENT "")
  endif()
  add_library(fechatter_${name} OBJECT ${sources})
  target_link_libraries(fechatter_${name} PUBLIC fechatter_options ${A_LINK})
  target_precompile_headers(fechatter_${name} PRIVATE <algorithm> <array> <cstdint> <cstring> <functional> <map> <memory>
    <optional> <span> <string> <string_view> <utility> <vector>)
endfunction()

# fechatter_library(TARGET EXPORT_NAME layer...): the library that is the sum of the layers' objects. What the layers link to outside
# the project becomes a private requirement: a static archive's consumers link it, nobody sees its headers.
# The names are kept in the target's FECHATTER_EXTERNAL property for the installed package.
function(fechatter_library target export_name)
  set(objects)
  set(external)
  foreach(layer ${ARGN})
    list(APPEND objects $<TARGET_OBJECTS:${layer}>)
    get_target_property(links ${layer} LINK_LIBRARIES)
    list(APPEND external ${links})
  endforeach()
  # Objects of ours are in the sum already; header-only libraries leave nothing to link.
  list(FILTER external EXCLUDE REGEX "fechatter|^Boost::|^nlohmann_json::|^\\$<COMPILE_ONLY|NOTFOUND$")
  list(REMOVE_DUPLICATES external)
  add_library(${target} ${objects})
  add_library(fechatter::${export_name} ALIAS ${target})
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_include_directories(${target} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(${target} PRIVATE ${external})
  set_target_properties(${target} PROPERTIES LINKER_LANGUAGE CXX EXPORT_NAME ${export_name} FECHATTER_EXTERNAL "${external}"
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
endfunction()
