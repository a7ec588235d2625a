#include "mail/detail/asking.hpp"

#include <future>
#include <memory>
#include <utility>

namespace parley::mail::detail {

namespace {

using Answer = std::promise<Result<Done>>;

Task<void> ask(Permit permit, std::shared_ptr<Answer> answer) {
  try {
    answer->set_value(co_await permit());
  } catch (...) {
    answer->set_exception(std::current_exception());
  }
}

}  // namespace

Result<Done> Asking::operator()() const {
  constexpr std::chrono::milliseconds between_looks{50};
  const auto end = std::chrono::steady_clock::now() + limit_;
  auto answer = std::make_shared<Answer>();
  auto heard = answer->get_future();
  home_.spawn("a mail's permit", ask(permit_, std::move(answer)));
  while (heard.wait_for(between_looks) != std::future_status::ready) {
    if (is_stopping_) return fail(Errc::closed, "sending was given up");
    if (std::chrono::steady_clock::now() >= end)
      return fail(Errc::timeout, "nobody says whether the mail may leave");
  }
  try {
    return heard.get();
  } catch (const std::exception& error) {  // of the permit, or the shard ended before it
    return fail(Errc::closed, error.what());
  }
}

}  // namespace parley::mail::detail
