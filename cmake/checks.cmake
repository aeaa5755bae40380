# `all` fails where an include breaks the layer table. Packages of the SDK come without tools/ and skip it.
find_package(Python3 COMPONENTS Interpreter)
if(Python3_FOUND AND EXISTS ${PROJECT_SOURCE_DIR}/tools/check_layers.py)
  add_custom_target(check_layers ALL
    COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/tools/check_layers.py --quiet
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} COMMENT "Checking the layer table" VERBATIM)
endif()
