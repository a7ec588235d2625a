#include "archive/exporter.hpp"

#include <fstream>
#include <sstream>

#include "archive/writer.hpp"
#include "base/json.hpp"

namespace parley::archive {

namespace {
namespace fs = std::filesystem;

/// What FILE.part.position holds.
struct Checkpoint {
  std::string fingerprint;  ///< Of the source.
  std::string position;     ///< In the source.
  std::uint64_t bytes = 0;  ///< Of the file.
  Writer::State state;
};

/// The state is kept as the trailer that would follow.
std::string encode_checkpoint(const Checkpoint& checkpoint) {
  json::object object;
  object["fingerprint"] = checkpoint.fingerprint;
  object["position"] = checkpoint.position;
  object["bytes"] = checkpoint.bytes;
  const auto& [totals, newest, digest] = checkpoint.state;
  object["state"] = encode(Trailer{totals, newest, digest});
  return json::serialize(object) + "\n";
}

std::optional<Checkpoint> decode_checkpoint(const std::string& text) {
  const auto parsed = json::parse(text);
  if (!parsed || !parsed->is_object()) return std::nullopt;
  const json::object& object = parsed->get_object();
  const auto fingerprint = json::string_member(object, "fingerprint");
  const auto position = json::string_member(object, "position");
  const auto state = json::string_member(object, "state");
  const json::value* bytes = object.if_contains("bytes");
  if (!fingerprint || !position || !state || bytes == nullptr || !bytes->is_int64())
    return std::nullopt;
  const auto line = decode(*state, nullptr);
  const auto* trailer = line ? std::get_if<Trailer>(&*line) : nullptr;
  if (trailer == nullptr || bytes->get_int64() < 0) return std::nullopt;
  return Checkpoint{std::string(*fingerprint),
                    std::string(*position),
                    static_cast<std::uint64_t>(bytes->get_int64()),
                    {trailer->totals, trailer->newest, trailer->digest}};
}

class Export {
 public:
  Export(chat::ArchiveSource& source, const ExportOptions& options, const Observer& observer)
      : source_(source),
        options_(options),
        observer_(observer),
        is_piped_(options.file == "-"),
        part_(options.file.string() + ".part"),
        place_(options.file.string() + ".part.position") {}

  Result<Exported> run() {
    auto totals = source_.totals();
    if (!totals) return totals.error();
    total_ = totals->all();
    if (auto opened = open(); !opened) return opened.error();
    for (;;) {
      auto batch = source_.next();
      if (!batch) return batch.error();
      if (batch->records.empty()) return finish();
      for (const chat::ArchiveRecord& record : batch->records) {
        if (auto written = writer_->write(record); !written) return written.error();
      }
      if (auto kept = keep(batch->position); !kept) return kept.error();
      observer_({"exporting", writer_->state().totals.all(), total_});
    }
  }

 private:
  Result<Done> open() {
    if (is_made()) return exists_already();
    if (!is_piped_ && resume()) return Done{};
    auto output = Output::create(is_piped_ ? options_.file : part_, packing_of(options_.file));
    if (!output) return output.error();
    output_ = std::move(*output);
    if (is_made()) {  // by an export that had FILE.part until now
      std::error_code ignored;
      fs::remove(part_, ignored);
      return exists_already();
    }
    writer_.emplace(*output_);
    if (auto begun = source_.seek({}); !begun) return begun;
    return writer_->begin({options_.id, std::string(source_.store()), options_.now});
  }

  bool is_made() const {
    std::error_code ignored;
    return !is_piped_ && fs::exists(fs::symlink_status(options_.file, ignored));
  }
  Error exists_already() const {
    return fail(Errc::conflict, options_.file.string() + " exists already");
  }

  /// Goes on where an earlier export has stopped; false: there is none that fits.
  bool resume() {
    std::ifstream in(place_);
    std::ostringstream text;
    text << in.rdbuf();
    const auto checkpoint = in ? decode_checkpoint(text.str()) : std::nullopt;
    if (!checkpoint || checkpoint->fingerprint != source_.fingerprint()) return false;
    auto output = Output::append(part_, packing_of(options_.file), checkpoint->bytes);
    if (!output || !source_.seek(checkpoint->position)) return false;
    output_ = std::move(*output);
    writer_.emplace(*output_, checkpoint->state);
    was_resumed_ = true;
    return true;
  }

  /// Makes what was written durable, and the place with it, every now and then.
  Result<Done> keep(const std::string& position) {
    const auto now = std::chrono::steady_clock::now();
    if (is_piped_ || position.empty() || now - kept_ < options_.checkpoint_interval) return Done{};
    kept_ = now;
    if (auto ended = writer_->end(); !ended) return ended;
    const auto bytes = output_->settle();
    if (!bytes) return bytes.error();
    return write_file(
        place_, encode_checkpoint({source_.fingerprint(), position, *bytes, writer_->state()}));
  }

  Result<Exported> finish() {
    if (auto finished = writer_->finish(source_.newest()); !finished) return finished.error();
    if (auto settled = output_->settle(); !settled) return settled.error();
    if (!is_piped_) {
      if (auto named = name_new_file(part_, options_.file); !named) return named.error();
      std::error_code ignored;
      fs::remove(place_, ignored);
    }
    observer_({"exporting", writer_->state().totals.all(), writer_->state().totals.all()});
    return Exported{writer_->state().totals, was_resumed_};
  }

  chat::ArchiveSource& source_;
  const ExportOptions& options_;
  const Observer& observer_;
  const bool is_piped_;
  const fs::path part_, place_;
  std::uint64_t total_ = 0;
  std::unique_ptr<Output> output_;
  std::optional<Writer> writer_;
  std::chrono::steady_clock::time_point kept_ = std::chrono::steady_clock::now();
  bool was_resumed_ = false;
};
}  // namespace

Result<Exported> export_archive(chat::ArchiveSource& source, const ExportOptions& options,
                                const Observer& observer) {
  return Export(source, options, observer).run();
}

}  // namespace parley::archive
