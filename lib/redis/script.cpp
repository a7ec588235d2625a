#include <openssl/evp.h>

#include <array>
#include <span>
#include <string_view>

#include "base/hex.hpp"
#include "redis/client.hpp"

namespace parley::redis {

namespace {

std::string hex_sha1(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
  return to_hex(std::span{digest}.first(size));
}

Command evaluation(std::string_view name, const std::string& script,
                   const std::vector<std::string>& keys,
                   const std::vector<std::string>& arguments) {
  Command command{std::string{name}, script, std::to_string(keys.size())};
  command.insert(command.end(), keys.begin(), keys.end());
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

}  // namespace

Script::Script(std::string source) : source_(std::move(source)), sha1_(hex_sha1(source_)) {}

Task<Result<Reply>> Client::eval(const Script& script, std::vector<std::string> keys,
                                 std::vector<std::string> arguments) {
  Command by_digest = evaluation("EVALSHA", script.sha1(), keys, arguments);
  auto reply = co_await call(std::move(by_digest));
  if (reply || !reply.error().detail.starts_with("NOSCRIPT")) co_return reply;
  Command in_full = evaluation("EVAL", script.source(), keys, arguments);
  co_return co_await call(std::move(in_full));
}

}  // namespace parley::redis
