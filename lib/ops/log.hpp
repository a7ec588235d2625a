#pragma once

#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <string_view>
#include <type_traits>
#include <variant>

namespace parley::ops {

/// How much a line matters: `error` someone must act; `warn` handled but unusual; `info` life
/// cycle; `debug` per packet.
enum class Level { off, error, warn, info, debug };
std::string_view to_string(Level level);

enum class LogFormat { text, json };

/// What varies in a log line. A view: lives only as long as the call to Log.
struct Field {
  using Value = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

  Field(std::string_view field_name, std::string_view text) : name(field_name), value(text) {}
  Field(std::string_view field_name, const char* text)
      : name(field_name), value(std::string_view{text}) {}
  Field(std::string_view field_name, bool yes) : name(field_name), value(yes) {}
  template <class Number>
  requires std::is_arithmetic_v<Number> Field(std::string_view field_name, Number number)
      : name(field_name), value(widen(number)) {}

  std::string_view name;
  Value value;

 private:
  template <class Number>
  static Value widen(Number number) {
    if constexpr (std::is_floating_point_v<Number>) {
      return static_cast<double>(number);
    } else if constexpr (std::is_signed_v<Number>) {
      return static_cast<std::int64_t>(number);
    } else {
      return static_cast<std::uint64_t>(number);
    }
  }
};

/// A structured log: `log.info("session opened", {{"sid", sid}, {"shards", 2}})`.
///
/// The message is a constant phrase, what varies is a field; never contents, tokens or addresses.
/// Text: `2026-11-23T18:00:00.000Z info session opened sid=abc shards=2`, values quoted when they
/// hold spaces, quotes or control characters. JSON: one object a line with `time`, `level`,
/// `message` and the fields. Control characters and bytes that are not UTF-8 never reach the output
/// as they are, so a value cannot forge a line.
///
/// Any thread. A line is written by its caller in one write(2) under a mutex: at `info` lines are
/// few, none is lost when the program dies, and no thread is needed. `debug` costs a system call a
/// packet.
class Log {
 public:
  struct Config {
    Level level = Level::info;
    LogFormat format = LogFormat::text;
  };
  using Fields = std::initializer_list<Field>;

  /// To stderr, or to `out` (which outlives the log).
  explicit Log(Config config, std::ostream* out = nullptr);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  /// Replaces level and format. Before other threads log.
  void configure(Config config);

  /// One relaxed load: ask before building costly fields.
  bool enabled(Level level) const;

  void error(std::string_view message, Fields fields = {}) { write(Level::error, message, fields); }
  void warn(std::string_view message, Fields fields = {}) { write(Level::warn, message, fields); }
  void info(std::string_view message, Fields fields = {}) { write(Level::info, message, fields); }
  void debug(std::string_view message, Fields fields = {}) { write(Level::debug, message, fields); }
  /// No effect when the level is not enabled.
  void write(Level level, std::string_view message, Fields fields);

 private:
  struct Sink;
  std::unique_ptr<Sink> sink_;
};

/// The process's log, to stderr; `info` and text until main configures it.
Log& log();

}  // namespace parley::ops
