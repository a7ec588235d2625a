#include "store/embedded/memtable.hpp"

#include <memory>
#include <new>

#include "store/embedded/row_order.hpp"

namespace parley::store::embedded {

namespace {
using Slice = rocksdb::Slice;

/// A place in a skip list.
class Cursor : public rocksdb::MemTableRep::Iterator {
 public:
  explicit Cursor(const SkipList* rows) : rows_(rows) {}

  bool Valid() const override { return row_ != nullptr; }
  const char* key() const override { return row_; }
  void Next() override { row_ = SkipList::next(row_); }
  void Prev() override { row_ = rows_->last_before(internal_key_of(row_)); }
  void Seek(const Slice& internal_key, const char*) override {
    row_ = rows_->at_or_after(internal_key);
  }
  void SeekForPrev(const Slice& internal_key, const char*) override {
    Seek(internal_key, nullptr);
    const bool same = Valid() && compare_rows(internal_key_of(row_), internal_key) == 0;
    if (!same) row_ = rows_->last_before(internal_key);
  }
  void SeekToFirst() override { row_ = rows_->first(); }
  void SeekToLast() override { row_ = rows_->last(); }

 private:
  const SkipList* rows_;
  const char* row_ = nullptr;
};

/// A cursor that RocksDB ends by its destructor alone, for it expects the memory to be that of an
/// arena, whose class is not public. The thread that ends one gives its memory back when it ends
/// the next, or itself.
class OwnedCursor final : public Cursor {
 public:
  using Cursor::Cursor;
  ~OwnedCursor() override {
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

Memtable::Memtable(rocksdb::Allocator* allocator, NeighboursOf neighbours)
    : MemTableRep(allocator), rows_(neighbours) {}

rocksdb::KeyHandle Memtable::Allocate(std::size_t size, char** row) {
  const int height = rows_.next_height();
  char* memory = nullptr;
  MemTableRep::Allocate(SkipList::room(height) + size, &memory);
  return *row = SkipList::make_row(memory, height);
}

void Memtable::Insert(rocksdb::KeyHandle row) { rows_.insert(row_of(row)); }

bool Memtable::Contains(const char* row) const {
  const Slice key = internal_key_of(row);
  const char* found = rows_.at_or_after(key);
  return found != nullptr && compare_rows(internal_key_of(found), key) == 0;
}

rocksdb::MemTableRep::Iterator* Memtable::GetIterator(rocksdb::Arena*) {
  return new OwnedCursor(&rows_);
}

/// MemTableRep::Get takes one without an arena, and never ends it.
rocksdb::MemTableRep::Iterator* Memtable::GetDynamicPrefixIterator(rocksdb::Arena* arena) {
  if (arena != nullptr) return GetIterator(arena);
  thread_local Cursor lent(nullptr);
  lent = Cursor(&rows_);
  return &lent;
}

rocksdb::MemTableRep* Memtables::CreateMemTableRep(const rocksdb::MemTableRep::KeyComparator&,
                                                   rocksdb::Allocator* allocator,
                                                   const rocksdb::SliceTransform*,
                                                   rocksdb::Logger*) {
  return new Memtable(allocator, neighbours_);
}

}  // namespace parley::store::embedded
