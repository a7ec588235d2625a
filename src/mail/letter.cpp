#include "mail/letter.hpp"

#include <gmime/gmime.h>

#include <algorithm>
#include <memory>
#include <mutex>

#include "base/base64.hpp"
#include "base/utf8.hpp"
#include "mail/text.hpp"

namespace parley::mail {

namespace {

/// Drops the reference that its owner holds.
struct Unref {
  void operator()(gpointer object) const { g_object_unref(object); }
};
template <class T>
using Object = std::unique_ptr<T, Unref>;

struct FreeOptions {
  void operator()(GMimeFormatOptions* options) const { g_mime_format_options_free(options); }
};
using Options = std::unique_ptr<GMimeFormatOptions, FreeOptions>;

void start_gmime() {
  static std::once_flag once;
  std::call_once(once, g_mime_init);
}

bool is_header_text(std::string_view text) { return is_utf8(text) && !has_controls(text); }

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

bool is_header_name(std::string_view name) {
  return !name.empty() && is_printable(name) && name.find_first_of(": ") == std::string_view::npos;
}

Result<Done> check(const Letter& letter, std::string_view message_id) {
  for (const Address* address : {&letter.from, &letter.to}) {
    if (!is_email(address->email))
      return fail(Errc::bad_request, "the mail's address is no e-mail address");
    if (!is_header_text(address->name))
      return fail(Errc::bad_request, "the name of an address is no line of text");
  }
  if (!is_header_text(letter.subject))
    return fail(Errc::bad_request, "the mail's subject is no line of text");
  if (!is_utf8(letter.text) || !is_utf8(letter.html))
    return fail(Errc::bad_request, "the mail's body is not UTF-8");
  for (const auto& [name, value] : letter.headers) {
    if (!is_header_name(name) || !is_printable(value) || name.size() + value.size() > 990)
      return fail(Errc::bad_request, "a header of the mail is no line of ASCII");
  }
  if (!is_email(message_id) || !is_printable(message_id))
    return fail(Errc::bad_request, "the mail's Message-ID is none");
  return Done{};
}

/// `text/<subtype>` in quoted-printable.
Object<GMimePart> part_of(const char* subtype, const std::string& text) {
  const std::string lines = clean_lines(text);
  const Object<GMimeStream> stream{g_mime_stream_mem_new_with_buffer(lines.data(), lines.size())};
  const Object<GMimeDataWrapper> content{
      g_mime_data_wrapper_new_with_stream(stream.get(), GMIME_CONTENT_ENCODING_DEFAULT)};
  Object<GMimePart> part{g_mime_part_new_with_type("text", subtype)};
  g_mime_object_set_content_type_parameter(GMIME_OBJECT(part.get()), "charset", "utf-8");
  g_mime_part_set_content(part.get(), content.get());
  g_mime_part_set_content_encoding(part.get(), GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
  return part;
}

Object<GMimeMultipart> body_of(const Letter& letter) {
  Object<GMimeMultipart> body{g_mime_multipart_new_with_subtype("alternative")};
  g_mime_multipart_add(body.get(), GMIME_OBJECT(part_of("plain", letter.text).get()));
  g_mime_multipart_add(body.get(), GMIME_OBJECT(part_of("html", letter.html).get()));
  return body;
}

/// RFC 2047, section 2: lines of at most 76 characters, and no word ends within a character.
std::string encoded_words(std::string_view text) {
  constexpr std::size_t most = 39;  // bytes, 52 in base64
  std::string words;
  while (!text.empty()) {
    std::size_t size = std::min(most, text.size());
    while (size > 1 && size < text.size() && (text[size] & 0xC0) == 0x80) --size;
    if (!words.empty()) words += ' ';
    words += "=?utf-8?B?" + to_base64(text.substr(0, size)) + "?=";
    text.remove_prefix(size);
  }
  return words;
}

/// GMime leaves encoded words as they are, and readers decode them: of strangers they would be
/// text that no check has seen.
std::string without_hidden_text(const std::string& text) {
  return text.find("=?") == std::string::npos ? text : encoded_words(text);
}

void add_address(GMimeMessage* message, GMimeAddressType type, const Address& address) {
  const std::string name = without_hidden_text(address.name);
  const Object<InternetAddress> mailbox{
      internet_address_mailbox_new(name.empty() ? nullptr : name.c_str(), address.email.c_str())};
  internet_address_set_charset(mailbox.get(), "utf-8");
  internet_address_list_add(g_mime_message_get_addresses(message, type), mailbox.get());
}

/// As it is: GMime would break a long link in two.
void set_header(GMimeMessage* message, const std::string& name, const std::string& value) {
  g_mime_object_set_header(GMIME_OBJECT(message), name.c_str(), "", "utf-8");
  GMimeHeaderList* const headers = g_mime_object_get_header_list(GMIME_OBJECT(message));
  GMimeHeader* const header = g_mime_header_list_get_header(headers, name.c_str());
  g_mime_header_set_raw_value(header, (" " + value + "\n").c_str());
}

std::string bytes_of(GMimeMessage* message) {
  const Options options{g_mime_format_options_new()};
  g_mime_format_options_set_newline_format(options.get(), GMIME_NEWLINE_FORMAT_DOS);
  const Object<GMimeStream> stream{g_mime_stream_mem_new()};
  g_mime_object_write_to_stream(GMIME_OBJECT(message), options.get(), stream.get());
  const GByteArray* const bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream.get()));
  return {reinterpret_cast<const char*>(bytes->data), bytes->len};
}

}  // namespace

Result<std::string> compose(const Letter& letter, Time now, std::string_view message_id) {
  if (auto good = check(letter, message_id); !good) return good.error();
  start_gmime();
  const Object<GMimeMessage> message{g_mime_message_new(TRUE)};
  add_address(message.get(), GMIME_ADDRESS_TYPE_FROM, letter.from);
  add_address(message.get(), GMIME_ADDRESS_TYPE_TO, letter.to);
  g_mime_message_set_subject(message.get(), without_hidden_text(letter.subject).c_str(), "utf-8");
  GDateTime* const date = g_date_time_new_from_unix_utc(to_unix_ms(now) / 1000);
  g_mime_message_set_date(message.get(), date);
  g_date_time_unref(date);
  g_mime_message_set_message_id(message.get(), std::string{message_id}.c_str());
  set_header(message.get(), "Auto-Submitted", "auto-generated");
  for (const auto& [name, value] : letter.headers) set_header(message.get(), name, value);
  g_mime_message_set_mime_part(message.get(), GMIME_OBJECT(body_of(letter).get()));
  return bytes_of(message.get());
}

}  // namespace parley::mail
