#include "mail/forgetting.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "chat/ports/account_store.hpp"

namespace parley::mail {

namespace {

constexpr jobs::State resting[] = {jobs::State::waiting, jobs::State::prioritized,
                                   jobs::State::delayed, jobs::State::completed,
                                   jobs::State::failed};

/// Source: docs/formats/jobs.md, "Mails".
bool is_about(const jobs::Job& job, const chat::Account& account) {
  const auto data = json::parse(job.data);
  if (!data || !data->is_object()) return false;
  const std::string id = account.id.hex();
  const json::object& members = data->get_object();
  for (const char* name : {"receiverId", "senderId", "userId"}) {
    if (json::string_member(members, name) == id) return true;
  }
  const auto email = json::string_member(members, "email");
  return email && chat::fold_email(*email) == chat::fold_email(account.email);
}

/// Listed whole before anything is removed: pages would move.
Task<Result<std::vector<jobs::JobId>>> find_in(jobs::Queue& queue, jobs::State state,
                                               chat::Account account) {
  std::vector<jobs::JobId> found;
  jobs::Page page{0, jobs::Page::max_page};
  while (true) {
    const auto jobs = co_await queue.list(state, page);
    if (!jobs) co_return jobs.error();
    for (const jobs::Job& job : *jobs) {
      if (is_about(job, account)) found.push_back(job.id);
    }
    if (jobs->size() < page.limit) co_return found;
    page.offset += page.limit;
  }
}

}  // namespace

Task<Result<std::size_t>> remove_mails_of(jobs::Queue& queue, chat::Account account) {
  std::size_t removed = 0;
  for (const jobs::State state : resting) {
    const auto found = co_await find_in(queue, state, account);
    if (!found) co_return found.error();
    for (const jobs::JobId& id : *found) {
      const auto done = co_await queue.remove(id);
      const bool has_moved =
          !done && (done.error().code == Errc::not_found || done.error().code == Errc::conflict);
      if (!done && !has_moved) co_return done.error();
      removed += done ? 1 : 0;
    }
  }
  co_return removed;
}

}  // namespace parley::mail
