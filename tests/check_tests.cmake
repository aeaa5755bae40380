# Checks of the repository itself.

# Every public header compiles alone, twice over, with nothing but include/ to find.
file(GLOB public_headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/include/fechatter/*.hpp)
file(GLOB public_c_headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/include/fechatter/*.h)
set(header_units)
foreach(header ${public_headers} ${public_c_headers})
  string(MAKE_C_IDENTIFIER ${header} unit)
  set(suffix cpp)
  if(header MATCHES "\\.h$")
    set(suffix c)
  endif()
  set(unit ${CMAKE_CURRENT_BINARY_DIR}/headers/${unit}.${suffix})
  file(CONFIGURE OUTPUT ${unit} CONTENT "#include \"${header}\"\n#include \"${header}\"\n")
  list(APPEND header_units ${unit})
endforeach()
add_library(public_headers OBJECT ${header_units})
target_include_directories(public_headers PRIVATE ${PROJECT_SOURCE_DIR}/include)
target_compile_features(public_headers PRIVATE cxx_std_20 c_std_11)
target_compile_options(public_headers PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Werror)

add_test(NAME layers COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/tools/check_layers.py)
add_test(NAME tools COMMAND Python3::Interpreter -B -m unittest discover -s ${CMAKE_CURRENT_SOURCE_DIR}/tools -p "*_test.py")
# What tests/mutants breaks must still be there, or nobody would notice that a promise has lost its proof.
add_test(NAME mutants_apply COMMAND Python3::Interpreter -B ${CMAKE_CURRENT_SOURCE_DIR}/mutants/run.py --check)
set_tests_properties(layers tools mutants_apply PROPERTIES TIMEOUT 300)

# The simulation can only control what goes through its seams, so the layers below it may not call past them.
set(pure_objects)
foreach(layer describe core protocol client store service)
  if(TARGET fechatter_${layer})
    list(APPEND pure_objects $<TARGET_OBJECTS:fechatter_${layer}>)
  endif()
endforeach()
file(GENERATE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/pure_objects.txt CONTENT "$<JOIN:${pure_objects},\n>\n")
add_test(NAME symbols COMMAND bash ${PROJECT_SOURCE_DIR}/tools/check_symbols.sh ${CMAKE_CURRENT_BINARY_DIR}/pure_objects.txt)
set_tests_properties(symbols PROPERTIES TIMEOUT 300)

# The installed package, consumed by programs that know nothing of this tree; compiled like this build, which links without a rebuild.
string(TOUPPER "${CMAKE_BUILD_TYPE}" build_type)
add_test(NAME install_consumers COMMAND ${CMAKE_COMMAND} -E env "CXX=${CMAKE_CXX_COMPILER}"
  "CXXFLAGS=${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${build_type}}" "ASAN_OPTIONS=detect_leaks=0"
  bash ${CMAKE_CURRENT_SOURCE_DIR}/install/run.sh --from-build ${PROJECT_BINARY_DIR} ${CMAKE_CURRENT_BINARY_DIR}/install-consumers)
add_test(NAME conan_package COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/install/conan.sh ${PROJECT_SOURCE_DIR}/build/conan)
set_tests_properties(install_consumers conan_package PROPERTIES TIMEOUT 900)
set_tests_properties(conan_package PROPERTIES SKIP_RETURN_CODE 77 COST 1000)  # the longest: started first
