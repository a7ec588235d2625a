# cmake -D NPM=… -D FOLDER=… -P NpmInstall.cmake
# `npm ci` in FOLDER, once even when several builds ask at the same time.
file(LOCK ${FOLDER}/.npm-lock GUARD PROCESS TIMEOUT 600)
set(stamp ${FOLDER}/node_modules/.package-lock.json)
if(NOT EXISTS ${stamp} OR ${FOLDER}/package-lock.json IS_NEWER_THAN ${stamp} OR ${FOLDER}/package.json IS_NEWER_THAN ${stamp})
  execute_process(COMMAND ${NPM} ci --ignore-scripts --no-audit --no-fund WORKING_DIRECTORY ${FOLDER}
    RESULT_VARIABLE failed OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(failed)
    message(FATAL_ERROR "${output}\nnpm ci failed in ${FOLDER}. Without the web client: cmake -D PARLEY_WEB=OFF")
  endif()
  file(TOUCH ${stamp})
endif()
