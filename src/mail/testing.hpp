#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mail/address.hpp"
#include "mail/smtp_config.hpp"
#include "mail/transport.hpp"

namespace parley::mail::testing {

/// What a server answers.
struct SmtpScript {
  /// In place of the good reply, by command: `GREETING`, `EHLO`, `STARTTLS`, `AUTH`, `MAIL`,
  /// `RCPT`, `DATA`,
  /// `.` (the end of a mail), `QUIT`. `close` ends the connection, `silence` says nothing more.
  std::map<std::string, std::string> replies{};
  std::size_t times = SIZE_MAX;  ///< So often all in all; good replies follow.
  bool offers_starttls = false;
  bool is_tls = false;  ///< From the first byte.
  /// Not empty: AUTH PLAIN is offered, and mails are taken after a login with these only.
  std::string user{}, password{};
  std::size_t mails_per_connection = SIZE_MAX;  ///< Then it closes, without a word.
};

/// A mail as a server took it.
struct ReceivedMail {
  std::string from, to;    ///< Of the envelope, with `<>` and parameters gone.
  std::string bytes;       ///< Dots unstuffed, CRLF as it came.
  std::size_t connection;  ///< Number of its connection, from 1.
  bool over_tls = false;
  std::string user{};  ///< Who logged in.
};

/// An SMTP server that follows a script, on a free port of 127.0.0.1, with threads of its own.
class SmtpServer {
 public:
  explicit SmtpServer(SmtpScript script = {});
  ~SmtpServer();
  SmtpServer(const SmtpServer&) = delete;
  SmtpServer& operator=(const SmtpServer&) = delete;

  /// For commands that come after this.
  void follow(SmtpScript script);

  /// To reach it: its port, its certificate, short timeouts. No user.
  SmtpConfig config() const;
  std::vector<ReceivedMail> mails() const;
  /// All that clients said, line by line, without mails' contents and without what follows AUTH.
  std::vector<std::string> commands() const;
  std::size_t connections() const;

 private:
  struct State;
  class Session;
  std::unique_ptr<State> state_;
};

/// A folder in the temporary directory, gone with its object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// A Transport that remembers. Any thread.
class MemoryTransport final : public Transport {
 public:
  Task<Result<Done>> send(Envelope envelope, std::string bytes, Permit permit) override {
    if (permit) {
      if (const auto permitted = co_await permit(); !permitted) co_return permitted.error();
    }
    const std::lock_guard lock{mutex_};
    if (error_) co_return *error_;
    mails_.emplace_back(std::move(envelope), std::move(bytes));
    co_return Done{};
  }
  std::string describe() const override { return "memory"; }

  /// What every send gives from now on; nullopt: it takes the mail.
  void refuse(std::optional<Error> error) {
    const std::lock_guard lock{mutex_};
    error_ = std::move(error);
  }
  std::vector<std::pair<Envelope, std::string>> mails() const {
    const std::lock_guard lock{mutex_};
    return mails_;
  }

 private:
  mutable std::mutex mutex_;
  std::optional<Error> error_;
  std::vector<std::pair<Envelope, std::string>> mails_;
};

/// What a reader sees of composed bytes.
struct ReadMail {
  /// Decoded, unfolded, by name in lower case; the last of a name.
  std::map<std::string, std::string> headers;
  Address from, to;
  std::string text, html;  ///< Decoded, lines ended by `\n`.
};
/// Throws std::runtime_error when the bytes are no mail of ours.
ReadMail read_mail(const std::string& bytes);

}  // namespace parley::mail::testing
