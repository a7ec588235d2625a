#include "archive/checklist.hpp"

#include <stdexcept>
#include <tuple>
#include <type_traits>

namespace parley::archive {

static_assert(std::is_trivially_copyable_v<Check>);

std::string Check::name() const {
  static constexpr const char* kinds[] = {"account ", "login ", "conversation "};
  return kinds[static_cast<std::size_t>(kind)] + to_hex(id);
}

bool Check::before(const Check& other) const {
  return std::tie(kind, id) < std::tie(other.kind, other.id);
}

std::optional<Check> Tally::add(const chat::ArchiveRecord& record) {
  const std::string line = encode(record);
  if (const auto* message = std::get_if<chat::Message>(&record); message && open_) {
    ++open_->messages;
    chain_.add(line);
    return std::nullopt;
  }
  auto before = end();
  Chain chain;
  chain.add(line);
  Check check;
  check.digest = chain.digest();
  if (const auto* account = std::get_if<chat::Account>(&record)) {
    check.id = account->id.bytes;
    return check;
  }
  if (const auto* login = std::get_if<chat::ArchivedLogin>(&record)) {
    check.kind = Check::Kind::login;
    check.id = login->family.id.bytes;
    check.expires = to_unix_ms(login->family.expires_at);
    return check;
  }
  if (const auto* conversation = std::get_if<chat::ArchivedConversation>(&record)) {
    check.kind = Check::Kind::conversation;
    check.id = conversation->conversation.id.bytes;
    open_ = check;
    chain_ = chain;
  }
  return before;
}

std::optional<Check> Tally::end() {
  if (!open_) return std::nullopt;
  open_->digest = chain_.digest();
  return std::exchange(open_, std::nullopt);
}

Checklist::Checklist() : file_(std::tmpfile()) {
  if (!file_) throw std::runtime_error("a temporary file cannot be made");
}

void Checklist::add(const Check& check) {
  if (std::fwrite(&check, sizeof check, 1, file_.get()) != 1)
    throw std::runtime_error("a temporary file cannot be written");
  ++size_;
}

std::optional<Check> Checklist::next() {
  if (!std::exchange(is_read_, true)) std::rewind(file_.get());
  Check check;
  if (std::fread(&check, sizeof check, 1, file_.get()) != 1) return std::nullopt;
  return check;
}

}  // namespace parley::archive
