#pragma once

#include <filesystem>

#include "settings/cli.hpp"

namespace parley::app {

/// Makes `folder` and puts a consistent copy of the data there; a server may be running. Exit code.
int backup(const Settings& settings, const std::filesystem::path& folder);

/// Puts the backup in `folder` where no data is yet. Exit code.
int restore(const Settings& settings, const std::filesystem::path& folder);

/// Reads the whole store and checks it against its own rules; says what it found. Refused while a
/// server runs. Exit code.
int verify_store(const Settings& settings);

/// `parley migrate`: gives a MongoDB database of the Node original what Parley needs beyond it.
int migrate(const Settings& settings, const MigrateRequest& request);

/// Writes everything that the store holds into a file. Exit code.
int export_archive(const Settings& settings, const ArchiveRequest& request);

/// Fills the store from such a file, and compares the two. Exit code.
int import_archive(const Settings& settings, const ArchiveRequest& request);

/// Runs background jobs until SIGTERM or SIGINT; on MongoDB and Redis only. Exit code.
int work(const Settings& settings);

/// `parley jobs`: in Redis, through the server that runs on DATA_DIR, or in DATA_DIR. Exit code.
int jobs_command(const Settings& settings, const JobsRequest& request);

/// `parley user`: through the server that runs on DATA_DIR, in MongoDB, or in DATA_DIR. Exit code.
int user_command(const Settings& settings, const UserRequest& request);

/// `parley message trace`: the same way.
int message_command(const Settings& settings, const MessageRequest& request);

/// `parley doctor`: looks at everything that a server needs. Exit code.
int doctor(const Settings& settings, const DoctorRequest& request);

/// `parley top`: watches a server until it is ended. Exit code.
int top(const Settings& settings, const TopRequest& request);

/// `parley bench`: drives a server, and says how it did. Exit code.
int bench(const load::Plan& plan);

}  // namespace parley::app
