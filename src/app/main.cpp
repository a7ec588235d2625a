#include "app/commands.hpp"
#include "app/serve.hpp"
#include "settings/cli.hpp"

int main(int argc, char** argv) {
  using namespace parley::app;
  const Commands commands{serve,           backup,         restore, verify_store, migrate,
                          export_archive,  import_archive, work,    jobs_command, user_command,
                          message_command, doctor,         top,     bench};
  return run({argv + 1, argv + argc}, commands, process_surroundings());
}
