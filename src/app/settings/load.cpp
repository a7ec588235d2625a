#include "settings/load.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <numeric>

#include "settings/assignments.hpp"
#include "settings/fields.hpp"
#include "settings/mail_settings.hpp"
#include "settings/suggest.hpp"

namespace parley::app {
namespace {

using std::string;

std::optional<string> read_file(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error))
    return std::nullopt;  // Opens, and throws when read.
  std::ifstream in{path, std::ios::binary};
  if (!in) return std::nullopt;
  string text{std::istreambuf_iterator<char>{in}, {}};
  return in.bad() ? std::nullopt : std::optional{std::move(text)};
}

/// Reads the sources from the weakest to the strongest; the last value of a field stays.
class Loader {
 public:
  Result<Loaded> run(const Inputs& inputs) {
    if (inputs.config_file) read_config_file(*inputs.config_file);
    read_dotenv(inputs.dotenv);
    read_environment(inputs.environment);
    for (const auto& [name, value] : inputs.flags) read_flag(name, value);
    apply();
    settle();
    if (!problems_.empty()) return fail(Errc::bad_request, join_problems());
    return std::move(loaded_);
  }

 private:
  struct Given {
    string value;
    Source source;
    string where;  ///< Begins a sentence: "The flag --port".
  };

  void read_config_file(const std::filesystem::path& path) {
    const auto text = read_file(path);
    if (!text) {
      problems_.push_back("The config file " + path.string() + " cannot be read.");
      return;
    }
    const auto lines = read_assignments(*text);
    if (!lines) {
      problems_.push_back("In " + path.string() + ", " + lines.error().detail + ".");
      return;
    }
    for (const auto& line : *lines) {
      const auto where = "in " + path.string() + " (line " + std::to_string(line.line) + ")";
      if (const Field* field = find_field(line.key)) {
        given_[field] = {line.value, Source::config_file, line.key + " " + where};
      } else {
        unknown("The key " + line.key + " " + where, suggest_field(line.key));
      }
    }
  }

  void read_dotenv(const std::filesystem::path& path) {
    std::error_code error;
    if (!std::filesystem::exists(path, error)) return;
    const auto text = read_file(path);
    if (!text) {
      problems_.push_back("The file " + path.string() + " cannot be read.");
      return;
    }
    const auto lines = read_assignments(*text);
    if (!lines) {
      problems_.push_back("In " + path.string() + ", " + lines.error().detail + ".");
      return;
    }
    std::map<string, string> variables;
    std::map<string, string> places;
    for (const auto& line : *lines) {
      const auto where = "in " + path.string() + " (line " + std::to_string(line.line) + ")";
      if (find_field_by_variable(line.key) != nullptr) {
        variables[line.key] = line.value;
        places[line.key] = where;
      } else if (is_mail_variable_of_node(line.key)) {
        if (!line.value.empty()) node_mail_in_dotenv_[line.key] = line.value;
      } else {
        unknown_variable(line.key, where);
      }
    }
    take_variables(variables, Source::dotenv,
                   [&](const string& variable) { return variable + " " + places[variable]; });
  }

  void read_environment(const std::map<string, string>& environment) {
    take_variables(environment, Source::environment,
                   [](const string& variable) { return "The environment variable " + variable; });
    for (const auto& [variable, value] : environment) {
      if (is_mail_variable_of_node(variable) && !value.empty())
        node_mail_in_environment_[variable] = value;
    }
  }

  void read_flag(const string& name, const string& value) {
    const Field* field = find_field(name);
    if (field == nullptr) {
      unknown("The flag --" + name, suggest_field(name));
      return;
    }
    given_[field] = {value, Source::flag, "The flag " + field->flag()};
    if (field->secret) {
      loaded_.warnings.push_back("The flag " + field->flag() +
                                 " can be seen by everybody on this machine; set " +
                                 field->variables.front() + " instead.");
    }
  }

  template <class Where>
  void take_variables(const std::map<string, string>& variables, Source source, Where where) {
    for (const Field& field : fields()) {
      for (const auto& variable : field.variables) {
        const auto found = variables.find(variable);
        if (found == variables.end() || found->second.empty()) continue;
        given_[&field] = {found->second, source, where(variable)};
        break;
      }
    }
  }

  void unknown(const string& what, const std::optional<string>& suggestion) {
    problems_.push_back(what + " is not known." +
                        (suggestion ? " Did you mean " + *suggestion + "?" : ""));
  }

  /// A file of several programs is not refused for theirs; what was meant for us is not lost.
  void unknown_variable(const string& variable, const string& where) {
    const auto suggestion = suggest_variable(variable);
    if (suggestion || variable.starts_with("PARLEY_")) {
      unknown("The variable " + variable + " " + where, suggestion);
      if (suggestion) problems_.back() += " Another program's has to be elsewhere.";
      return;
    }
    loaded_.warnings.push_back("The variable " + variable + " " + where +
                               " is none of ours, and is not read.");
  }

  void apply() {
    for (const Field& field : fields()) {
      const auto found = given_.find(&field);
      if (found == given_.end()) continue;
      const auto& [value, source, where] = found->second;
      if (field.read(loaded_.settings, value)) {
        loaded_.sources[field.name] = source;
      } else {
        const auto shown = field.secret ? " is not usable" : " is '" + value + "'";
        problems_.push_back(where + shown + ": it must be " + field.allowed + ".");
      }
    }
  }

  /// What depends on more than one setting.
  void settle() {
    auto& [server, tls, auth, limits, realtime, http, store, cluster, mail, jobs, log] =
        loaded_.settings;
    if (server.mode == Mode::production && !loaded_.sources.contains("client-url")) {
      server.client_url.clear();
    }
    if (tls.certificate.empty() != tls.key.empty()) {
      problems_.push_back(tls.key.empty()
                              ? "tls-cert is set and tls-key is not: both are needed for TLS."
                              : "tls-key is set and tls-cert is not: both are needed for TLS.");
    }
    if (loaded_.settings.has_tls() && !cluster.advertise.empty()) {
      problems_.push_back(
          "tls-cert and advertise are both set: nodes forward requests to each other over plain "
          "HTTP. With several nodes, let the proxy in front end TLS, or leave advertise unset.");
    }
    if (limits.min_username > limits.max_username) {
      problems_.push_back("min-username is greater than max-username: no name could be chosen.");
    }
    if (limits.min_password > limits.max_password) {
      problems_.push_back(
          "min-password is greater than max-password: no password could be chosen.");
    }
    if (auth.access_token_expire > auth.refresh_token_expire) {
      problems_.push_back(
          "access-token-expire is longer than refresh-token-expire: it must not outlive it.");
    }
    if (limits.max_queued < limits.max_payload) {
      loaded_.warnings.push_back(
          "max-queued is less than max-payload: a client that gets one large packet is cut off.");
    }
    if (loaded_.settings.has_redis() && store.mongo_uri.empty()) {
      loaded_.warnings.push_back(
          "Redis is set and mongo-uri is not: presence and Socket.IO events are shared with other "
          "servers, messages stay in DATA_DIR.");
    }
    const bool has_secrets =
        !auth.access_token_secret.empty() && !auth.refresh_token_secret.empty();
    if (!store.mongo_uri.empty() && !has_secrets) {
      loaded_.warnings.push_back(
          "access-token-secret and refresh-token-secret are not both set: every node makes its "
          "own, and logins of one are refused by the others.");
    }
    settle_mail();
  }

  void settle_mail() {
    MailFindings findings = check_mail(loaded_.settings);
    std::move(findings.problems.begin(), findings.problems.end(), std::back_inserter(problems_));
    std::move(findings.warnings.begin(), findings.warnings.end(),
              std::back_inserter(loaded_.warnings));
    // Beside an SMTP_URL they are some other program's.
    if (!loaded_.settings.mail.smtp_url.empty()) return;
    if (!node_mail_in_dotenv_.empty())
      problems_.push_back(smtp_url_advice(node_mail_in_dotenv_, "in .env"));
    if (!node_mail_in_environment_.empty())
      loaded_.warnings.push_back(smtp_url_advice(node_mail_in_environment_, "in the environment"));
  }

  string join_problems() const {
    return std::accumulate(std::next(problems_.begin()), problems_.end(), problems_.front(),
                           [](string all, const string& next) { return all + "\n" + next; });
  }

  Loaded loaded_;
  std::map<const Field*, Given> given_;
  std::vector<string> problems_;
  std::map<string, string> node_mail_in_dotenv_, node_mail_in_environment_;
};

}  // namespace

std::string_view to_string(Source source) {
  switch (source) {
    case Source::preset:
      return "default";
    case Source::config_file:
      return "config file";
    case Source::dotenv:
      return ".env";
    case Source::environment:
      return "environment";
    case Source::flag:
      return "flag";
  }
  return "";
}

Source Loaded::source_of(const std::string& field) const {
  const auto found = sources.find(field);
  return found == sources.end() ? Source::preset : found->second;
}

Result<Loaded> load(const Inputs& inputs) { return Loader{}.run(inputs); }

}  // namespace parley::app
