#pragma once

#include <cstddef>

namespace parley::chat {

/// Sizes that the domain accepts. Lengths of text are in code points unless they say bytes.
struct Limits {
  std::size_t content_max = 4096;   ///< Of a message; the least is 1.
  std::size_t letter_max = 10'000;  ///< Of an administrator's mail; the least is 1.
  std::size_t username_min = 3;
  std::size_t username_max = 32;
  std::size_t email_max = 254;       ///< Bytes. Source: RFC 5321, 4.5.3.1.3.
  std::size_t password_min = 6;      ///< Bytes.
  std::size_t password_max = 72;     ///< Bytes: bcrypt sees no more, so longer is refused, not cut.
  std::size_t client_id_max = 64;    ///< The least is 1.
  std::size_t name_max = 64;         ///< Display name.
  std::size_t avatar_max = 2048;     ///< Bytes of the URL.
  std::size_t status_ids_max = 500;  ///< Users in one status question.
  std::size_t search_max = 20;       ///< Users in one search answer.
  std::size_t history_page_max = 100;  ///< Messages; larger wishes are cut to it.
  std::size_t conversations_page = 100;
  std::size_t conversations_page_max = 500;
  std::size_t sync_page = 100;  ///< Messages.
  std::size_t sync_page_max = 500;
};

}  // namespace parley::chat
