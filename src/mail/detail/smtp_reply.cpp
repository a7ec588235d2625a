#include "mail/detail/smtp_reply.hpp"

#include "mail/text.hpp"

namespace parley::mail::detail {

namespace {
constexpr std::size_t max_bytes = 1024;
constexpr std::size_t max_shown = 300;
}  // namespace

void SmtpReply::add(std::string_view line) {
  const bool goes_on = !is_complete_;
  is_complete_ = line.size() < 4 || line[3] != '-';
  if (!goes_on) {
    text_ = line.substr(0, max_bytes);
    if (!is_complete_) text_[3] = ' ';
  } else if (line.size() > 4 && text_.size() < max_bytes) {
    text_ += ' ';
    text_ += line.substr(4, max_bytes - text_.size());
  }
  if (is_refusal()) refusal_ = text_;
}

bool SmtpReply::is_refusal() const {
  return is_complete_ && (text_.starts_with('4') || text_.starts_with('5'));
}

std::string SmtpReply::refusal() const { return one_line(refusal_, max_shown); }

bool is_permanent(long code) {
  return code >= 500 && code < 600 && code != 530 && code != 534 && code != 535 && code != 538;
}

}  // namespace parley::mail::detail
