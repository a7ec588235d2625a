#include "app/jobs_desk.hpp"

#include <algorithm>

#include "app/job_json.hpp"
#include "app/question.hpp"

namespace parley::app {

namespace {

using Answer = Result<json::object>;

/// A whole number that is not negative; `otherwise` when there is none.
std::size_t number_of(const json::object& question, std::string_view key, std::size_t otherwise) {
  const json::value* value = question.if_contains(key);
  if (value == nullptr || !value->is_number()) return otherwise;
  boost::json::error_code failed;
  const auto number = value->to_number<std::size_t>(failed);
  return failed ? otherwise : number;
}

/// What became of a call that gives nothing.
Answer nothing_or(const Result<Done>& result) {
  if (!result) return result.error();
  return json::object{};
}

Answer changed(std::size_t count) { return json::object{{"done", count}}; }

Answer changed_one(const Result<Done>& result) {
  if (!result) return result.error();
  return changed(1);
}

/// The job is no longer what it was when it was listed: somebody else was faster.
bool has_moved(const Error& error) {
  return error.code == Errc::not_found || error.code == Errc::conflict;
}

}  // namespace

Task<Answer> JobsDesk::answer(json::object question, Time now) {
  const std::string queue = asked_text(question, "queue");
  if (!queue.empty() && queue != name_)
    co_return fail(Errc::not_found, "there is no queue " + queue + " here, only " + name_);
  const std::string verb = asked_text(question, "verb");
  if (verb == "list") co_return co_await list(std::move(question));
  if (verb == "show") co_return co_await show(asked_text(question, "id"));
  if (verb == "retry") co_return co_await retry(std::move(question), now);
  if (verb == "remove") co_return co_await remove(std::move(question), now);
  if (verb == "pause") co_return nothing_or(co_await queue_.pause());
  if (verb == "resume") co_return nothing_or(co_await queue_.resume());
  if (verb == "drain") {
    const bool with_delayed = is_set(question, "delayed");
    co_return nothing_or(co_await queue_.drain(with_delayed));
  }
  if (verb != "counts") co_return fail(Errc::bad_request, "jobs does not know the verb " + verb);
  const auto counts = co_await queue_.counts();
  if (!counts) co_return counts.error();
  co_return counts_json(*counts);
}

Task<Answer> JobsDesk::list(json::object question) {
  const auto state = jobs::state_from(asked_text(question, "state"));
  if (!state) co_return fail(Errc::bad_request, "list wants a state");
  const jobs::Page page{number_of(question, "offset", 0),
                        std::min(number_of(question, "limit", max_page), max_page)};
  const auto found = co_await queue_.list(*state, page);
  if (!found) co_return found.error();
  json::array jobs;
  for (const jobs::Job& job : *found) jobs.push_back(job_summary(job));
  co_return json::object{{"jobs", std::move(jobs)}};
}

Task<Answer> JobsDesk::show(std::string id) {
  const auto job = co_await queue_.get(id);
  if (!job) co_return job.error();
  const jobs::Page page{0, max_page};
  const auto log = co_await queue_.log_of(std::move(id), page);
  if (!log) co_return log.error();
  co_return json::object{{"job", job_details(*job)},
                         {"log", json::array(log->begin(), log->end())}};
}

Task<Answer> JobsDesk::retry(json::object question, Time now) {
  if (is_set(question, "all")) co_return co_await retry_all(now);
  co_return changed_one(co_await queue_.retry(asked_text(question, "id"), now));
}

Task<Answer> JobsDesk::retry_all(Time now) {
  // Listed first: one that fails again at once must not be met again.
  std::vector<jobs::JobId> ids;
  while (ids.size() < max_changes) {
    const jobs::Page page{ids.size(), jobs::Page::max_page};
    const auto found = co_await queue_.list(jobs::State::failed, page);
    if (!found) co_return found.error();
    for (const jobs::Job& job : *found) ids.push_back(job.id);
    if (found->size() < page.limit) break;
  }
  // Oldest first, as they failed.
  std::size_t done = 0;
  for (auto id = ids.rbegin(); id != ids.rend(); ++id) {
    const auto retried = co_await queue_.retry(*id, now);
    if (!retried && !has_moved(retried.error())) co_return retried.error();
    done += retried ? 1 : 0;
  }
  co_return changed(done);
}

Task<Answer> JobsDesk::remove(json::object question, Time now) {
  if (!is_set(question, "all"))
    co_return changed_one(co_await queue_.remove(asked_text(question, "id")));
  const auto state = jobs::state_from(asked_text(question, "state"));
  if (!state) co_return fail(Errc::bad_request, "remove all wants a state");
  co_return co_await remove_all(*state, now);
}

Task<Answer> JobsDesk::remove_all(jobs::State state, Time now) {
  jobs::QueueControl::Clean what;
  what.state = state;
  std::size_t done = 0;
  while (done < max_changes) {
    const auto removed = co_await queue_.clean(what, now);
    if (!removed) co_return removed.error();
    done += *removed;
    if (*removed < what.limit) break;
  }
  co_return changed(done);
}

}  // namespace parley::app
