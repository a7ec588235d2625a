#include "settings/store_commands.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace parley::app {
namespace {

constexpr auto backup_footer = R"(
A running server makes the copy itself, so DIR is somewhere that its user, and its systemd unit, may write to; not in
DATA_DIR/db, the store itself.
On the disk of DATA_DIR the copy may consist of hard links: take it to another machine. Secrets are not in it.

Examples:
  parley backup /var/backups/parley/monday      the folder must not exist yet
  parley verify-store --data-dir /var/backups/parley/monday)";

constexpr auto restore_footer = R"(
What is in DATA_DIR stays: move DATA_DIR/db away first. Whoever runs this owns the files afterwards, so be the
user that runs the server.

Example, as the service of the Debian package:
  systemctl stop parley && mv /var/lib/parley/db /var/lib/parley/db.before
  parleyctl restore /var/backups/parley/monday && systemctl start parley)";

constexpr auto verify_footer = R"(
Changes nothing. No server may run on it: verify a backup meanwhile.
Exit codes: 0 every rule holds, 1 some are broken (each is printed) or it cannot be read.

Example:
  parley verify-store --data-dir /var/backups/parley/monday)";

constexpr auto migrate_footer = R"(
Adds indexes, and fields beside those of the original: keys of users, the pair of a conversation, the
place of every message. Servers of both kinds may run meanwhile. It may be ended at any moment and
started again, and changes nothing where all is done. Parley serves a database without it, too, and
completes what it touches; afterwards logins and lists of old users are faster.

Examples:
  parley migrate --mongo-uri mongodb://db/realtime-chat --dry-run
  MONGO_URI=mongodb://db/realtime-chat parley migrate)";

constexpr auto export_footer = R"(
Which store is read: MongoDB if MONGO_URI (--mongo-uri) is set, the embedded one in DATA_DIR otherwise.

Examples:
  parley export everything.parley.gz
  parley export --mongo-uri mongodb://db/chat everything.parley.gz
  parley export - | ssh elsewhere parley import -

The embedded store must not be in use. While a server runs, take a backup and export that:
  parley backup /var/backups/parley/copy && parley export --data-dir /var/backups/parley/copy everything.parley.gz
Of MongoDB, stop the nodes first: what is written during an export may be missing in it.

No FILE is written over, and one export at a time writes it. Stopped half-way, the same command goes on where it was
(FILE.part and FILE.part.position), if nothing was written to the store meanwhile. The file holds messages and password
hashes: keep it as you keep the data.)";

constexpr auto import_footer = R"(
Which store is filled: MongoDB if MONGO_URI (--mongo-uri) is set, the embedded one in DATA_DIR otherwise.
No server may run on it. The file is checked first, and compared with the store afterwards: exit code 1 names
what differs.

Examples:
  parley import everything.parley.gz
  parley import --mongo-uri mongodb://db/chat everything.parley.gz
  parley import --verify-only everything.parley.gz        compare, and write nothing

Stopped half-way, the same command goes on where it was. Done again, it changes nothing: what is there already is
left as it is, and a record that differs from the one in its place ends the import, by name.)";

void add_file(CLI::App& command, ArchiveRequest& request) {
  command.add_option("FILE", request.file, "The file; packed if it ends in .gz; - for a pipe")
      ->required();
  command.add_flag("--quiet", request.quiet, "Say nothing while it goes on");
  command.add_flag("--json", request.json, "Print what was done as JSON");
}

}  // namespace

void describe_backup(CLI::App& command, std::filesystem::path& folder) {
  command.footer(backup_footer);
  command.add_option("DIR", folder, "The folder to make")->required();
}

void describe_restore(CLI::App& command, std::filesystem::path& folder) {
  command.footer(restore_footer);
  command.add_option("DIR", folder, "The folder of the backup")->required();
}

void describe_verify(CLI::App& command) { command.footer(verify_footer); }

void describe_export(CLI::App& command, ArchiveRequest& request) {
  command.footer(export_footer);
  add_file(command, request);
}

void describe_import(CLI::App& command, ArchiveRequest& request) {
  command.footer(import_footer);
  add_file(command, request);
  command.add_flag("--verify-only", request.verify_only,
                   "Compare the store with the file, and write nothing");
}

void describe_migrate(CLI::App& command, MigrateRequest& request) {
  command.footer(migrate_footer);
  command.add_flag("--dry-run", request.dry_run, "Only look, and say what there is to do");
  command.add_flag("--quiet", request.quiet, "Say nothing while it goes on");
  command.add_flag("--json", request.json, "Print what was done as JSON");
}

}  // namespace parley::app
