#pragma once

#include <bson/bson.h>

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/id.hpp"
#include "base/time.hpp"

/// BSON without ceremony: `Document` writes, `View` and `Value` read. Nothing here throws or trusts
/// what a document holds. Source: BSON specification 1.1.
namespace parley::store::mongo {

class Document;
class View;

/// One member's value as it is in a document, whose bytes it borrows. A question for another type
/// than it has, or of a value that is not there, gives nullopt.
class Value {
 public:
  Value() = default;
  explicit Value(const bson_iter_t& at) : at_(at), is_there_(true) {}

  bool is_there() const { return is_there_; }
  bool is_null() const { return is_there_ && bson_iter_type(&at_) == BSON_TYPE_NULL; }

  std::optional<std::string_view> text() const;  ///< Valid UTF-8 only.
  /// Any number that is whole: int32, int64, or a double of at most 2^53.
  std::optional<std::int64_t> integer() const;
  /// The same, when it is not negative.
  std::optional<std::uint64_t> count() const;
  std::optional<bool> boolean() const;
  std::optional<Time> time() const;
  std::optional<ObjectId> object_id() const;
  template <class AnyId>
  std::optional<AnyId> id() const {
    const auto bytes = object_id();
    return bytes ? std::optional<AnyId>{AnyId{*bytes}} : std::nullopt;
  }
  std::optional<View> document() const;  ///< Of a document or an array (members "0", "1", …).

  /// For what is not offered here.
  const bson_iter_t& iterator() const { return at_; }

 private:
  bson_iter_t at_{};
  bool is_there_ = false;
};

/// A document whose bytes belong to somebody else. Bytes that are not BSON are an empty document.
class View {
 public:
  View() = default;
  explicit View(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  View(const bson_t* document) : View(from(document)) {}  // NOLINT: a document can be viewed

  /// The member of that name; where there is none of it and the name has dots, along them.
  Value at(std::string_view name) const;
  bool has(std::string_view name) const { return at(name).is_there(); }

  std::optional<std::string_view> text(std::string_view name) const { return at(name).text(); }
  std::optional<std::int64_t> integer(std::string_view name) const { return at(name).integer(); }
  std::optional<std::uint64_t> count(std::string_view name) const { return at(name).count(); }
  std::optional<bool> boolean(std::string_view name) const { return at(name).boolean(); }
  std::optional<Time> time(std::string_view name) const { return at(name).time(); }
  template <class AnyId>
  std::optional<AnyId> id(std::string_view name) const {
    return at(name).id<AnyId>();
  }
  std::optional<View> document(std::string_view name) const { return at(name).document(); }

  /// Calls `visit(std::string_view name, const Value&)` for every member, in order.
  template <class Visit>
  void each(Visit visit) const {
    bson_iter_t at;
    if (!begin(at)) return;
    while (bson_iter_next(&at)) {
      visit(std::string_view{bson_iter_key(&at), bson_iter_key_len(&at)}, Value{at});
    }
  }

  std::span<const std::uint8_t> bytes() const { return bytes_; }
  /// Relaxed extended JSON, for logs of the operator's own commands and for tests.
  std::string json() const;

 private:
  static View from(const bson_t* document);
  bool begin(bson_iter_t& at) const;

  std::span<const std::uint8_t> bytes_;
};

/// The elements of an array that is being written.
class Array {
 public:
  Array() = default;
  template <class T>
  explicit Array(const std::vector<T>& elements) {
    for (const T& element : elements) add(element);
  }
  template <class T>
  Array& add(const T& element);
  bool empty() const { return size_ == 0; }

 private:
  friend class Document;
  struct Free {
    void operator()(bson_t* bson) const { bson_destroy(bson); }
  };
  std::unique_ptr<_bson_t, Free> bson_{bson_new()};
  std::uint32_t size_ = 0;
};

/// A document of its own: `Document().set("_id", id).set("$set", Document().set("status",
/// "read"))`. A name that was set before is set twice: say each once. Moves are cheap.
class Document {
 public:
  Document() : bson_(bson_new()) {}
  /// A copy of what `view` shows; empty when that is not BSON.
  explicit Document(View view);
  Document(const Document& other) : bson_(bson_copy(other.bson_.get())) {}
  Document(Document&& other) noexcept = default;
  Document& operator=(Document other) noexcept {
    bson_ = std::move(other.bson_);
    return *this;
  }

  Document& set(std::string_view name, std::string_view text);
  Document& set(std::string_view name, const char* text) {
    return set(name, std::string_view{text});
  }
  Document& set(std::string_view name, const std::string& text) {
    return set(name, std::string_view{text});
  }
  Document& set(std::string_view name, bool yes);
  /// `int` and smaller are int32, as Node writes them; longer ones are int64. Above 2^63 - 1: that.
  template <std::integral Number>
  requires(!std::same_as<Number, bool>) Document& set(std::string_view name, Number number) {
    if constexpr (sizeof(Number) < 8 && std::is_signed_v<Number>) {
      return set_int32(name, number);
    } else {
      const bool is_huge = std::cmp_greater(number, INT64_MAX);
      return set_int64(name, is_huge ? INT64_MAX : static_cast<std::int64_t>(number));
    }
  }
  Document& set(std::string_view name, double number);
  Document& set(std::string_view name, Time time);
  Document& set(std::string_view name, const ObjectId& id);
  template <class Tag>
  Document& set(std::string_view name, const Id<Tag>& id) {
    return set(name, id.bytes);
  }
  Document& set(std::string_view name, const Document& document);
  Document& set(std::string_view name, const Array& array);
  Document& set(std::string_view name, View document);
  Document& set(std::string_view name, const Value& value);  ///< Nothing when it is not there.
  Document& set(std::string_view name, std::nullptr_t);
  /// Nothing when it is absent.
  template <class T>
  Document& set(std::string_view name, const std::optional<T>& maybe) {
    return maybe ? set(name, *maybe) : *this;
  }
  /// Every member of `other`.
  Document& merge(View other);

  bool empty() const { return bson_empty(bson_.get()); }
  std::size_t size() const { return bson_->len; }  ///< Bytes.
  View view() const { return View{bson_.get()}; }
  operator View() const { return view(); }  // NOLINT: every document can be viewed
  std::string json() const { return view().json(); }

  const bson_t* bson() const { return bson_.get(); }
  /// For the driver to write into.
  bson_t* bson() { return bson_.get(); }

 private:
  Document& set_int32(std::string_view name, std::int32_t number);
  Document& set_int64(std::string_view name, std::int64_t number);

  std::unique_ptr<_bson_t, Array::Free> bson_;
};

template <class T>
Array& Array::add(const T& element) {
  Document one;
  const std::string name = std::to_string(size_++);
  one.set(name, element);
  bson_concat(bson_.get(), one.bson());
  return *this;
}

}  // namespace parley::store::mongo
