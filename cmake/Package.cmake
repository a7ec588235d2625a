# Installs the library floor so that others can find_package(parley) and link parley::socketio.
