#include <iostream>

#include "app/commands.hpp"
#include "app/embedded_stores.hpp"
#include "app/mongo_stores.hpp"
#include "app/progress.hpp"
#include "archive/comparison.hpp"
#include "archive/exporter.hpp"
#include "archive/importer.hpp"
#include "base/json.hpp"
#include "base/object_id.hpp"
#include "settings/owner.hpp"
#include "store/embedded/archive.hpp"
#include "store/mongo/archive.hpp"

namespace parley::app {

namespace {
using archive::Checklist;
using archive::Comparison;
using archive::Exported;
using archive::Imported;

bool is_mongo(const Settings& settings) { return !settings.store.mongo_uri.empty(); }

/// Where the data is, in a sentence.
std::string place(const Settings& settings) {
  return is_mongo(settings) ? std::string("MongoDB") : settings.store.data_dir.string();
}

Result<std::unique_ptr<chat::ArchiveSource>> open_source(const Settings& settings) {
  if (is_mongo(settings)) return store::mongo::open_archive_source(mongo_config(settings));
  if (const auto ours = check_owner(settings.store.data_dir); !ours) return ours.error();
  return store::embedded::open_archive_source(embedded_config(settings));
}

Result<std::unique_ptr<chat::ArchiveSink>> open_sink(const Settings& settings) {
  if (is_mongo(settings)) return store::mongo::open_archive_sink(mongo_config(settings));
  if (const auto ours = check_owner(settings.store.data_dir); !ours) return ours.error();
  return store::embedded::open_archive_sink(embedded_config(settings));
}

/// One run of `parley export` or `parley import`: what it tells, and where.
class Run {
 public:
  Run(const Settings& settings, const ArchiveRequest& request)
      : settings_(settings),
        request_(request),
        bar_(std::cerr, request.quiet ? ProgressBar::Style::none : ProgressBar::style_of_stderr()) {
  }

  int export_all() {
    std::error_code ignored;
    if (request_.file != "-" && std::filesystem::exists(request_.file, ignored))
      return failed("nothing was exported",
                    fail(Errc::conflict, name_of_file() + " exists already"));
    auto source = open_source(settings_);
    if (!source) {
      Error error = source.error();
      if (error.code == Errc::conflict) error.detail += ": export a copy (parley backup)";
      return failed("nothing was exported", error);
    }
    const Time now = wall_now();
    const archive::ExportOptions options{request_.file, ObjectIdSource().next(now), now};
    const auto exported = archive::export_archive(**source, options, observer_);
    end_bar();
    if (!exported) return failed("the export did not finish", exported.error());
    json::object summary = summary_of(exported->totals);
    summary["resumed"] = exported->was_resumed;
    say(summary, "exported " + words_of(exported->totals) + " to " + name_of_file() +
                     (exported->was_resumed ? ", continuing an earlier export" : ""));
    return exit_ok;
  }

  int import_all() {
    Checklist checks;
    std::uint64_t total = 0;
    if (request_.file != "-" || request_.verify_only) {
      // Before anything is written: a damaged file changes nothing.
      auto checked = read(
          [&](archive::Input& input) { return archive::check_archive(input, checks, observer_); });
      end_bar();
      if (!checked) return failed("the file cannot be used", checked.error());
      if (request_.verify_only) return verify(checks, checked->totals, {});
      total = checked->totals.all();
    }
    auto imported = fill(total);
    end_bar();
    if (!imported) return failed("the import did not finish", imported.error());
    return verify(request_.file == "-" ? piped_checks_ : checks, imported->totals,
                  imported->skipped);
  }

 private:
  template <class Work>
  Result<Imported> read(Work work) {
    auto input = archive::Input::open(request_.file);
    if (!input) return input.error();
    return work(**input);
  }

  Result<Imported> fill(std::uint64_t total) {
    auto sink = open_sink(settings_);
    if (!sink) return sink.error();
    return read([&](archive::Input& input) {
      return archive::import_archive(input, **sink, piped_checks_, total, observer_);
    });
  }

  /// Reads everything back. `skipped`: nullopt when nothing was imported.
  int verify(Checklist& checks, const chat::ArchiveTotals& totals,
             std::optional<std::uint64_t> skipped) {
    auto source = open_source(settings_);
    if (!source) return failed("the store was not verified", source.error());
    const auto compared = archive::compare(checks, **source, wall_now(), observer_);
    end_bar();
    if (!compared) return failed("the store was not verified", compared.error());
    json::object summary = summary_of(totals);
    summary["verified"] = compared->checked;
    summary["mismatches"] = compared->mismatches;
    if (skipped) summary["skipped"] = *skipped;
    tell(*compared, summary);
    const std::string verb = skipped ? "imported " : "compared ";
    const std::string skipping =
        skipped.value_or(0) > 0 ? " (" + std::to_string(*skipped) + " of them before)" : "";
    say(summary, verb + words_of(totals) + skipping + (skipped ? " to " : " with ") +
                     place(settings_) + ": " + std::to_string(compared->mismatches) + " differ");
    return compared->mismatches == 0 ? exit_ok : exit_failed;
  }

  void tell(const Comparison& compared, json::object& summary) {
    json::array named;
    for (const std::string& one : compared.named) {
      named.emplace_back(one);
      if (!request_.json) std::cout << one << '\n';
    }
    if (!request_.json && compared.mismatches > compared.named.size())
      std::cout << "and " << compared.mismatches - compared.named.size() << " more\n";
    summary["differing"] = std::move(named);
  }

  int failed(std::string_view what, const Error& error) {
    std::cerr << "parley: " << what << ": " << error.detail << '\n';
    return exit_failed;
  }

  /// Where the file is standard output, elsewhere.
  void say(const json::object& summary, const std::string& sentence) {
    std::ostream& out = request_.file == "-" ? std::cerr : std::cout;
    out << (request_.json ? json::serialize(summary) : sentence) << std::endl;
  }

  std::string name_of_file() const {
    return request_.file == "-" ? "standard output" : request_.file.string();
  }

  static json::object summary_of(const chat::ArchiveTotals& totals) {
    return {{"accounts", totals.accounts},
            {"logins", totals.logins},
            {"conversations", totals.conversations},
            {"messages", totals.messages}};
  }

  static std::string words_of(const chat::ArchiveTotals& totals) {
    return std::to_string(totals.accounts) + " accounts, " + std::to_string(totals.logins) +
           " logins, " + std::to_string(totals.conversations) + " conversations, " +
           std::to_string(totals.messages) + " messages";
  }

  void end_bar() { bar_.end(std::chrono::steady_clock::now()); }

  const Settings& settings_;
  const ArchiveRequest& request_;
  ProgressBar bar_;
  const archive::Observer observer_ = [this](const archive::Progress& at) {
    bar_.show(at.phase, at.done, at.total, std::chrono::steady_clock::now());
  };
  Checklist piped_checks_;  ///< Of what was imported.
};
}  // namespace

int export_archive(const Settings& settings, const ArchiveRequest& request) {
  return Run(settings, request).export_all();
}

int import_archive(const Settings& settings, const ArchiveRequest& request) {
  return Run(settings, request).import_all();
}

}  // namespace parley::app
