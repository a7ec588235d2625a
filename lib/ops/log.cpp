#include "ops/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>
#include <atomic>

#include "ops/detail/log_line.hpp"

namespace parley::ops {
namespace {

constexpr std::array<std::string_view, 5> level_names{"off", "error", "warn", "info", "debug"};

spdlog::sink_ptr make_sink(std::ostream* out) {
  if (out != nullptr) return std::make_shared<spdlog::sinks::ostream_sink_mt>(*out, true);
  return std::make_shared<spdlog::sinks::stderr_sink_mt>();
}

constexpr auto text_pattern = "%Y-%m-%dT%H:%M:%S.%eZ %v";
constexpr auto json_pattern = R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ",%v})";

}  // namespace

std::string_view to_string(Level level) { return level_names[static_cast<std::size_t>(level)]; }

/// spdlog stamps the time and writes; the line's content is ours, because spdlog escapes nothing.
struct Log::Sink {
  explicit Sink(std::ostream* out) : logger("", make_sink(out)) {
    logger.set_level(spdlog::level::trace);
    logger.flush_on(spdlog::level::trace);
  }

  spdlog::logger logger;
  std::atomic<Level> level{Level::info};
  LogFormat format = LogFormat::text;
};

Log::Log(Config config, std::ostream* out) : sink_(std::make_unique<Sink>(out)) {
  configure(config);
}

Log::~Log() = default;

void Log::configure(Config config) {
  sink_->format = config.format;
  const auto* pattern = config.format == LogFormat::json ? json_pattern : text_pattern;
  sink_->logger.set_formatter(std::make_unique<spdlog::pattern_formatter>(
      pattern, spdlog::pattern_time_type::utc, std::string{"\n"}));
  sink_->level.store(config.level, std::memory_order_relaxed);
}

bool Log::enabled(Level level) const {
  return level != Level::off && level <= sink_->level.load(std::memory_order_relaxed);
}

void Log::write(Level level, std::string_view message, Fields fields) {
  if (!enabled(level)) return;
  const std::span<const Field> view{fields.begin(), fields.size()};
  const auto line = sink_->format == LogFormat::json ? detail::json_members(level, message, view)
                                                     : detail::text_line(level, message, view);
  sink_->logger.log(spdlog::level::info, spdlog::string_view_t{line.data(), line.size()});
}

Log& log() {
  static Log instance{Log::Config{}};
  return instance;
}

}  // namespace parley::ops
