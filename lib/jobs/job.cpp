#include "jobs/job.hpp"

#include <array>
#include <utility>

#include "jobs/queue.hpp"

namespace parley::jobs {

namespace {
constexpr std::array<std::pair<State, std::string_view>, 8> state_names{{
    {State::none, "unknown"},
    {State::waiting, "waiting"},
    {State::prioritized, "prioritized"},
    {State::active, "active"},
    {State::delayed, "delayed"},
    {State::completed, "completed"},
    {State::failed, "failed"},
    {State::waiting_children, "waiting-children"},
}};
}  // namespace

std::string_view to_string(State state) {
  for (const auto& [known, name] : state_names) {
    if (known == state) return name;
  }
  return "unknown";
}

std::optional<State> state_from(std::string_view name) {
  for (const auto& [state, known] : state_names) {
    if (known == name) return state;
  }
  return std::nullopt;
}

std::string_view Event::field(std::string_view key) const {
  for (const auto& [known, value] : fields) {
    if (known == key) return value;
  }
  return {};
}

}  // namespace parley::jobs
