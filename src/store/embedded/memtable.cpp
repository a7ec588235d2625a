#include "store/embedded/memtable.hpp"

#include <algorithm>
#include <memory>
#include <new>
#include <optional>

#include "store/embedded/row_order.hpp"

namespace parley::store::embedded {

namespace {
using Slice = rocksdb::Slice;

bool is_at(const char* row, const Slice& internal_key) {
  return row != nullptr && compare_rows(internal_key_of(row), internal_key) == 0;
}

/// A place in the group of the key that it was last sent to.
class GroupCursor : public rocksdb::MemTableRep::Iterator {
 public:
  explicit GroupCursor(const RowGroups* groups) : groups_(groups) {}

  bool Valid() const override { return row_ != nullptr; }
  const char* key() const override { return row_; }
  void Next() override { row_ = SkipList::next(row_); }
  void Prev() override { row_ = rows_->last_before(internal_key_of(row_)); }
  void Seek(const Slice& internal_key, const char*) override {
    rows_ = groups_->find(internal_key);
    row_ = rows_ == nullptr ? nullptr : rows_->at_or_after(internal_key);
  }
  void SeekForPrev(const Slice& internal_key, const char*) override {
    Seek(internal_key, nullptr);
    if (rows_ != nullptr && !is_at(row_, internal_key)) row_ = rows_->last_before(internal_key);
  }
  /// No group is meant.
  void SeekToFirst() override { row_ = nullptr; }
  /// Where RocksDB's SeekForPrev goes on when Seek found nothing: it looks for what is before.
  void SeekToLast() override { row_ = rows_ == nullptr ? nullptr : rows_->last(); }

 private:
  const RowGroups* groups_;
  const SkipList* rows_ = nullptr;
  const char* row_ = nullptr;
};

/// A place among all rows, of the groups that there were when it was first sent somewhere.
class Cursor : public rocksdb::MemTableRep::Iterator {
 public:
  explicit Cursor(const RowGroups* groups) : groups_(groups) {}

  bool Valid() const override { return row_ != nullptr; }
  const char* key() const override { return row_; }
  void Next() override { forward(SkipList::next(row_)); }
  void Prev() override { backward(rows().last_before(internal_key_of(row_))); }
  void Seek(const Slice& internal_key, const char*) override {
    go_to_group_of(internal_key);
    forward(at_ < members_->size() ? rows().at_or_after(internal_key) : nullptr);
  }
  void SeekForPrev(const Slice& internal_key, const char*) override {
    go_to_group_of(internal_key);
    const char* row = at_ < members_->size() ? rows().at_or_after(internal_key) : nullptr;
    if (is_at(row, internal_key)) {
      row_ = row;
    } else {
      backward(at_ < members_->size() ? rows().last_before(internal_key) : nullptr);
    }
  }
  void SeekToFirst() override {
    members();
    at_ = 0;
    forward(members_->empty() ? nullptr : rows().first());
  }
  void SeekToLast() override {
    at_ = members().size();
    backward(nullptr);
  }

 private:
  const std::vector<RowGroups::Member>& members() {
    if (!members_) members_ = groups_->in_order();
    return *members_;
  }
  const SkipList& rows() const { return *(*members_)[at_].rows; }

  /// The last group whose prefix is not behind the key; the first if all are.
  void go_to_group_of(const Slice& internal_key) {
    const Slice key(internal_key.data(), internal_key.size() - row_trailer);
    const auto behind = std::upper_bound(
        members().begin(), members().end(), key,
        [](const Slice& one, const auto& group) { return one.compare(group.prefix) < 0; });
    at_ = static_cast<std::size_t>(behind - members().begin());
    if (at_ > 0) --at_;
  }

  /// To that row, or the first of the groups behind this one.
  void forward(const char* row) {
    while (row == nullptr && at_ + 1 < members_->size()) {
      ++at_;
      row = rows().first();
    }
    row_ = row;
    if (row != nullptr) look_ahead();
  }

  /// A flush reads every row once, in an order that memory knows nothing of.
  void look_ahead() const {
    if (at_ + 2 < members_->size()) __builtin_prefetch((*members_)[at_ + 2].rows);
    const char* next = SkipList::next(row_);
    if (next == nullptr && at_ + 1 < members_->size()) next = (*members_)[at_ + 1].rows->first();
    if (next == nullptr) return;
    __builtin_prefetch(next - 1);
    __builtin_prefetch(next + 63);
    __builtin_prefetch(next + 127);
  }

  void backward(const char* row) {
    while (row == nullptr && at_ > 0) {
      --at_;
      row = rows().last();
    }
    row_ = row;
  }

  const RowGroups* groups_;
  std::optional<std::vector<RowGroups::Member>> members_;
  std::size_t at_ = 0;  ///< Of the row's group.
  const char* row_ = nullptr;
};

/// A cursor that RocksDB ends by its destructor alone, for it expects the memory to be that of an
/// arena, whose class is not public. The thread that ends one gives its memory back when it ends
/// the next, or itself.
template <class Base>
class Owned final : public Base {
 public:
  using Base::Base;
  ~Owned() override {
    thread_local std::unique_ptr<void, Free> ended;
    ended.reset(this);
  }
  static void* operator new(std::size_t size) { return ::operator new(size); }
  static void operator delete(void*) {}

 private:
  struct Free {
    void operator()(void* memory) const { ::operator delete(memory); }
  };
};

const char* row_of(rocksdb::KeyHandle handle) { return static_cast<const char*>(handle); }
}  // namespace

void* Memtable::Arena::do_allocate(std::size_t size, std::size_t alignment) {
  char* memory = nullptr;
  memtable_.MemTableRep::Allocate(size + alignment - 1, &memory);
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  return memory + (-address & (alignment - 1));
}

Memtable::Memtable(rocksdb::Allocator* allocator, Grouping grouping, Upcoming& upcoming)
    : MemTableRep(allocator), arena_(*this), rows_(grouping, arena_), upcoming_(upcoming) {}

rocksdb::KeyHandle Memtable::Allocate(std::size_t size, char** row) {
  const int height = rows_.next_height();
  char* memory = nullptr;
  MemTableRep::Allocate(SkipList::room(height) + size, &memory);
  return *row = SkipList::make_row(memory, height);
}

void Memtable::Insert(rocksdb::KeyHandle row) {
  rows_.look_ahead(upcoming_);
  rows_.insert(row_of(row));
}

bool Memtable::Contains(const char* row) const {
  const Slice key = internal_key_of(row);
  const SkipList* group = rows_.find(key);
  return group != nullptr && is_at(group->at_or_after(key), key);
}

rocksdb::MemTableRep::Iterator* Memtable::GetIterator(rocksdb::Arena*) {
  return new Owned<Cursor>(&rows_);
}

/// MemTableRep::Get takes one without an arena, and never ends it.
rocksdb::MemTableRep::Iterator* Memtable::GetDynamicPrefixIterator(rocksdb::Arena* arena) {
  if (arena != nullptr) return new Owned<GroupCursor>(&rows_);
  thread_local GroupCursor lent(nullptr);
  lent = GroupCursor(&rows_);
  return &lent;
}

rocksdb::MemTableRep* Memtables::CreateMemTableRep(const rocksdb::MemTableRep::KeyComparator&,
                                                   rocksdb::Allocator* allocator,
                                                   const rocksdb::SliceTransform*,
                                                   rocksdb::Logger*) {
  return new Memtable(allocator, grouping_, upcoming_);
}

}  // namespace parley::store::embedded
