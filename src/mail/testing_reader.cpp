#include <gmime/gmime.h>

#include <memory>
#include <stdexcept>

#include "mail/testing.hpp"

namespace parley::mail::testing {

namespace {

struct Unref {
  void operator()(gpointer object) const { g_object_unref(object); }
};
template <class T>
using Object = std::unique_ptr<T, Unref>;

std::string decoded(GMimeObject* part) {
  if (!GMIME_IS_TEXT_PART(part)) throw std::runtime_error("a part is no text");
  char* const text = g_mime_text_part_get_text(GMIME_TEXT_PART(part));
  std::string out;
  for (const char* c = text; *c != '\0'; ++c) {
    if (*c != '\r') out += *c;
  }
  g_free(text);
  return out;
}

/// The only one of a header.
Address address_in(InternetAddressList* list) {
  if (internet_address_list_length(list) != 1) throw std::runtime_error("not one address");
  InternetAddress* const address = internet_address_list_get_address(list, 0);
  if (!INTERNET_ADDRESS_IS_MAILBOX(address)) throw std::runtime_error("an address is no mailbox");
  const char* const name = internet_address_get_name(address);
  return {name ? name : "", internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(address))};
}

std::string lower_case(const char* text) {
  std::string out;
  for (; *text != '\0'; ++text) out += g_ascii_tolower(*text);
  return out;
}

}  // namespace

ReadMail read_mail(const std::string& bytes) {
  g_mime_init();
  const Object<GMimeStream> stream{g_mime_stream_mem_new_with_buffer(bytes.data(), bytes.size())};
  const Object<GMimeParser> parser{g_mime_parser_new_with_stream(stream.get())};
  const Object<GMimeMessage> message{g_mime_parser_construct_message(parser.get(), nullptr)};
  if (!message) throw std::runtime_error("no message");
  ReadMail mail;
  GMimeHeaderList* const headers = g_mime_object_get_header_list(GMIME_OBJECT(message.get()));
  for (int i = 0; i < g_mime_header_list_get_count(headers); ++i) {
    GMimeHeader* const header = g_mime_header_list_get_header_at(headers, i);
    mail.headers[lower_case(g_mime_header_get_name(header))] = g_mime_header_get_value(header);
  }
  mail.from = address_in(g_mime_message_get_from(message.get()));
  mail.to = address_in(g_mime_message_get_to(message.get()));
  GMimeObject* const body = g_mime_message_get_mime_part(message.get());
  if (!GMIME_IS_MULTIPART(body) || g_mime_multipart_get_count(GMIME_MULTIPART(body)) != 2)
    throw std::runtime_error("not two parts");
  mail.text = decoded(g_mime_multipart_get_part(GMIME_MULTIPART(body), 0));
  mail.html = decoded(g_mime_multipart_get_part(GMIME_MULTIPART(body), 1));
  return mail;
}

}  // namespace parley::mail::testing
