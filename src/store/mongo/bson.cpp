#include "store/mongo/bson.hpp"

#include <cmath>
#include <cstring>

#include "base/utf8.hpp"

namespace parley::store::mongo {

namespace {
int length(std::string_view name) { return static_cast<int>(name.size()); }

std::optional<View> view_of(const bson_iter_t& at) {
  const std::uint8_t* bytes = nullptr;
  std::uint32_t size = 0;
  if (BSON_ITER_HOLDS_DOCUMENT(&at)) {
    bson_iter_document(&at, &size, &bytes);
  } else if (BSON_ITER_HOLDS_ARRAY(&at)) {
    bson_iter_array(&at, &size, &bytes);
  }
  if (!bytes) return std::nullopt;
  return View{std::span{bytes, size}};
}
}  // namespace

std::optional<std::string_view> Value::text() const {
  if (!is_there_ || !BSON_ITER_HOLDS_UTF8(&at_)) return std::nullopt;
  std::uint32_t size = 0;
  const char* bytes = bson_iter_utf8(&at_, &size);
  const std::string_view text{bytes, size};
  return is_utf8(text) ? std::optional{text} : std::nullopt;
}

std::optional<std::int64_t> Value::integer() const {
  if (!is_there_) return std::nullopt;
  switch (bson_iter_type(&at_)) {
    case BSON_TYPE_INT32:
      return bson_iter_int32(&at_);
    case BSON_TYPE_INT64:
      return bson_iter_int64(&at_);
    case BSON_TYPE_DOUBLE: {
      static constexpr double limit =
          9007199254740992.0;  // 2^53: above it not every integer is one
      const double number = bson_iter_double(&at_);
      if (!(std::abs(number) <= limit) || number != std::trunc(number)) return std::nullopt;
      return static_cast<std::int64_t>(number);
    }
    default:
      return std::nullopt;
  }
}

std::optional<std::uint64_t> Value::count() const {
  const auto number = integer();
  if (!number || *number < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

std::optional<bool> Value::boolean() const {
  if (!is_there_ || !BSON_ITER_HOLDS_BOOL(&at_)) return std::nullopt;
  return bson_iter_bool(&at_);
}

std::optional<Time> Value::time() const {
  if (!is_there_ || !BSON_ITER_HOLDS_DATE_TIME(&at_)) return std::nullopt;
  return from_unix_ms(bson_iter_date_time(&at_));
}

std::optional<ObjectId> Value::object_id() const {
  if (!is_there_ || !BSON_ITER_HOLDS_OID(&at_)) return std::nullopt;
  ObjectId id{};
  std::memcpy(id.data(), bson_iter_oid(&at_)->bytes, id.size());
  return id;
}

std::optional<View> Value::document() const { return is_there_ ? view_of(at_) : std::nullopt; }

View View::from(const bson_t* document) {
  return View{std::span{bson_get_data(document), document->len}};
}

bool View::begin(bson_iter_t& at) const {
  return !bytes_.empty() && bson_iter_init_from_data(&at, bytes_.data(), bytes_.size());
}

Value View::at(std::string_view name) const {
  bson_iter_t at;
  if (!begin(at)) return {};
  if (bson_iter_find_w_len(&at, name.data(), length(name))) return Value{at};
  const auto dot = name.find('.');
  if (dot == std::string_view::npos) return {};
  const auto inner = this->at(name.substr(0, dot)).document();
  return inner ? inner->at(name.substr(dot + 1)) : Value{};
}

std::string View::json() const {
  bson_t document;
  if (!bson_init_static(&document, bytes_.data(), bytes_.size())) return "{ }";
  char* text = bson_as_relaxed_extended_json(&document, nullptr);
  std::string json = text ? text : "{ }";
  bson_free(text);
  return json;
}

Document::Document(View view)
    : bson_(bson_new_from_data(view.bytes().data(), view.bytes().size())) {
  if (!bson_) bson_.reset(bson_new());
}

Document& Document::set(std::string_view name, std::string_view text) {
  bson_append_utf8(bson_.get(), name.data(), length(name), text.data(), length(text));
  return *this;
}

Document& Document::set(std::string_view name, bool yes) {
  bson_append_bool(bson_.get(), name.data(), length(name), yes);
  return *this;
}

Document& Document::set(std::string_view name, double number) {
  bson_append_double(bson_.get(), name.data(), length(name), number);
  return *this;
}

Document& Document::set(std::string_view name, Time time) {
  bson_append_date_time(bson_.get(), name.data(), length(name), to_unix_ms(time));
  return *this;
}

Document& Document::set(std::string_view name, const ObjectId& id) {
  bson_oid_t oid;
  bson_oid_init_from_data(&oid, id.data());
  bson_append_oid(bson_.get(), name.data(), length(name), &oid);
  return *this;
}

Document& Document::set(std::string_view name, const Document& document) {
  bson_append_document(bson_.get(), name.data(), length(name), document.bson());
  return *this;
}

Document& Document::set(std::string_view name, const Array& array) {
  bson_append_array(bson_.get(), name.data(), length(name), array.bson_.get());
  return *this;
}

Document& Document::set(std::string_view name, View document) {
  return set(name, Document(document));
}

Document& Document::set(std::string_view name, const Value& value) {
  if (value.is_there()) {
    bson_append_iter(bson_.get(), name.data(), length(name), &value.iterator());
  }
  return *this;
}

Document& Document::set(std::string_view name, std::nullptr_t) {
  bson_append_null(bson_.get(), name.data(), length(name));
  return *this;
}

Document& Document::merge(View other) {
  other.each([this](std::string_view name, const Value& value) { set(name, value); });
  return *this;
}

Document& Document::set_int32(std::string_view name, std::int32_t number) {
  bson_append_int32(bson_.get(), name.data(), length(name), number);
  return *this;
}

Document& Document::set_int64(std::string_view name, std::int64_t number) {
  bson_append_int64(bson_.get(), name.data(), length(name), number);
  return *this;
}

}  // namespace parley::store::mongo
