#include "base/base64.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <cctype>

namespace parley {
namespace {

/// Bytes that OpenSSL takes and gives; its interface knows `unsigned char` only.
const unsigned char* in_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* out_bytes(std::string& text, std::size_t at) {
  return reinterpret_cast<unsigned char*>(text.data()) + at;
}

/// OpenSSL's decoder is lenient about white space and padding, so the form is checked before.
bool is_base64(std::string_view text) {
  if (text.size() % 4 != 0) return false;
  std::size_t padding = 0;
  while (padding < 2 && text.ends_with('=')) {
    text.remove_suffix(1);
    ++padding;
  }
  return std::ranges::all_of(
      text, [](unsigned char c) { return std::isalnum(c) || c == '+' || c == '/'; });
}

}  // namespace

void append_base64(std::string& out, std::string_view bytes) {
  const std::size_t before = out.size();
  const std::size_t length = (bytes.size() + 2) / 3 * 4;
  // EVP_EncodeBlock ends what it writes with a NUL.
  out.resize(before + length + 1);
  EVP_EncodeBlock(out_bytes(out, before), in_bytes(bytes), static_cast<int>(bytes.size()));
  out.resize(before + length);
}

std::string to_base64(std::string_view bytes) {
  std::string out;
  append_base64(out, bytes);
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (!is_base64(text)) return std::nullopt;
  if (text.empty()) return std::string{};
  const auto padding = static_cast<std::size_t>(std::count(text.end() - 2, text.end(), '='));
  std::string out(text.size() / 4 * 3, '\0');
  const int length =
      EVP_DecodeBlock(out_bytes(out, 0), in_bytes(text), static_cast<int>(text.size()));
  if (length < 0) return std::nullopt;
  out.resize(static_cast<std::size_t>(length) - padding);
  return out;
}

std::string to_base64url(std::string_view bytes) {
  std::string text = to_base64(bytes);
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  std::erase(text, '=');
  return text;
}

std::optional<std::string> from_base64url(std::string_view text) {
  if (text.find_first_of("+/=") != std::string_view::npos) return std::nullopt;
  std::string padded{text};
  std::ranges::replace(padded, '-', '+');
  std::ranges::replace(padded, '_', '/');
  padded.append((4 - padded.size() % 4) % 4, '=');
  return from_base64(padded);
}

}  // namespace parley
