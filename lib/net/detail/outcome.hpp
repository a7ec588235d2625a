#pragma once

#include <exception>
#include <optional>
#include <utility>

namespace parley::net::detail {

/// What a call gave, carried from the thread that made it to the one that waits: value or
/// exception.
template <class Value>
class Outcome {
 public:
  template <class Work>
  void set_by(Work& work) noexcept {
    try {
      value_.emplace(work());
    } catch (...) {
      exception_ = std::current_exception();
    }
  }
  /// Once, after set_by.
  Value take() {
    if (exception_) std::rethrow_exception(exception_);
    return std::move(*value_);
  }

 private:
  std::optional<Value> value_;
  std::exception_ptr exception_;
};

template <>
class Outcome<void> {
 public:
  template <class Work>
  void set_by(Work& work) noexcept {
    try {
      work();
    } catch (...) {
      exception_ = std::current_exception();
    }
  }
  void take() {
    if (exception_) std::rethrow_exception(exception_);
  }

 private:
  std::exception_ptr exception_;
};

}  // namespace parley::net::detail
