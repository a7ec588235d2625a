#include <mongoc/mongoc.h>

#include <algorithm>

#include "store/mongo/client.hpp"
#include "store/mongo/errors.hpp"

namespace parley::store::mongo {

namespace {
template <auto destroy>
struct Destroy {
  template <class T>
  void operator()(T* one) const {
    destroy(one);
  }
};

/// A document that the driver initialises and we free.
struct Reply {
  Reply() { bson_init(&bson); }
  ~Reply() { bson_destroy(&bson); }
  Reply(const Reply&) = delete;
  Reply& operator=(const Reply&) = delete;
  /// The driver is about to initialise it.
  bson_t* fresh() {
    bson_destroy(&bson);
    return &bson;
  }
  View view() const { return View{&bson}; }
  bson_t bson;
};

std::vector<WriteError> write_errors(View reply) {
  std::vector<WriteError> errors;
  const auto listed = reply.document("writeErrors");
  if (!listed) return errors;
  listed->each([&errors](std::string_view, const Value& one) {
    const View error = one.document().value_or(View{});
    errors.push_back({static_cast<std::size_t>(error.count("index").value_or(0)),
                      static_cast<int>(error.integer("code").value_or(0)),
                      std::string(error.text("errmsg").value_or(""))});
  });
  std::sort(errors.begin(), errors.end(),
            [](const WriteError& one, const WriteError& other) { return one.index < other.index; });
  return errors;
}

Written written(View reply) {
  Written all;
  all.inserted = reply.integer("nInserted").value_or(0);
  all.matched = reply.integer("nMatched").value_or(0);
  all.modified = reply.integer("nModified").value_or(0);
  all.upserted = reply.integer("nUpserted").value_or(0);
  all.deleted = reply.integer("nRemoved").value_or(0);
  all.errors = write_errors(reply);
  return all;
}

/// Was part of it not acknowledged as asked?
bool is_unacknowledged(View reply, const Written& outcome) {
  const auto concerns = reply.document("writeConcernErrors");
  return (concerns && concerns->has("0")) ||
         std::any_of(outcome.errors.begin(), outcome.errors.end(),
                     [](const WriteError& error) { return is_temporary(error.code); });
}

/// Where the driver sends an insert in parts, one of them may have failed as a whole while another
/// has refusals, of which alone it tells.
bool accounts_for_all(const Written& outcome, std::size_t asked, Order order) {
  const bool stopped = order == Order::ordered && !outcome.errors.empty();
  const std::size_t expected =
      stopped ? outcome.errors.front().index : asked - std::min(asked, outcome.errors.size());
  return outcome.inserted == static_cast<std::int64_t>(expected);
}

Error as_error(const WriteError& error) {
  return fail(error.is_duplicate() ? Errc::conflict : Errc::internal, "MongoDB: " + error.message);
}
}  // namespace

bool WriteError::is_duplicate() const { return mongo::is_duplicate(code); }

std::string_view WriteError::index_name() const {
  // "E11000 duplicate key error collection: db.users index: email_1 dup key: { … }"
  static constexpr std::string_view before = " index: ";
  const auto at = message.find(before);
  if (at == std::string::npos) return {};
  const std::string_view rest = std::string_view(message).substr(at + before.size());
  return rest.substr(0, rest.find(' '));
}

struct Lease::Collection
    : std::unique_ptr<mongoc_collection_t, Destroy<mongoc_collection_destroy>> {
  Collection(Lease& lease, std::string_view name)
      : unique_ptr(mongoc_client_get_collection(
            lease.connection_, lease.client_->database().c_str(), std::string(name).c_str())) {}
};

struct Lease::Cursor : std::unique_ptr<mongoc_cursor_t, Destroy<mongoc_cursor_destroy>> {
  using unique_ptr::unique_ptr;
};

struct Lease::Bulk
    : std::unique_ptr<mongoc_bulk_operation_t, Destroy<mongoc_bulk_operation_destroy>> {
  Bulk(const Collection& collection, Order order)
      : unique_ptr(mongoc_collection_create_bulk_operation_with_opts(
            collection.get(), Document().set("ordered", order == Order::ordered).bson())) {}
  bson_error_t error{};  ///< Of a document that is not fit for it.
};

Lease::Lease(Lease&& other) noexcept
    : client_(other.client_), connection_(std::exchange(other.connection_, nullptr)) {}

Lease::~Lease() {
  if (connection_) client_->give_back(connection_);
}

Error Lease::failed(const bson_error_t& error) {
  Error ours = translate(error);
  client_->note(&ours);
  return ours;
}

Result<Done> Lease::drain(Cursor cursor, const Visit& visit) {
  const bson_t* document = nullptr;
  while (mongoc_cursor_next(cursor.get(), &document)) {
    if (!visit(View{document})) return Done{};
  }
  bson_error_t error{};
  if (mongoc_cursor_error(cursor.get(), &error)) return failed(error);
  client_->note(nullptr);
  return Done{};
}

Result<Done> Lease::each(std::string_view collection, const Document& filter,
                         const Document& options, const Visit& visit) {
  const Collection of(*this, collection);
  return drain(
      Cursor(mongoc_collection_find_with_opts(of.get(), filter.bson(), options.bson(), nullptr)),
      visit);
}

Result<std::vector<Document>> Lease::find(std::string_view collection, const Document& filter,
                                          const Document& options) {
  std::vector<Document> found;
  const auto keep = [&found](View document) { return found.emplace_back(document), true; };
  if (auto all = each(collection, filter, options, keep); !all) return std::move(all).error();
  return found;
}

Result<std::optional<Document>> Lease::find_one(std::string_view collection, const Document& filter,
                                                const Document& options) {
  auto found = find(collection, filter, std::move(Document(options).set("limit", std::int64_t{1})));
  if (!found) return std::move(found).error();
  if (found->empty()) return std::optional<Document>{};
  return std::optional<Document>(std::move(found->front()));
}

Result<std::vector<Document>> Lease::aggregate(std::string_view collection, const Array& pipeline,
                                               const Document& options) {
  const Collection of(*this, collection);
  const Document stages = std::move(Document().set("pipeline", pipeline));
  std::vector<Document> found;
  const auto keep = [&found](View document) { return found.emplace_back(document), true; };
  Cursor cursor(mongoc_collection_aggregate(of.get(), MONGOC_QUERY_NONE, stages.bson(),
                                            options.bson(), nullptr));
  if (auto all = drain(std::move(cursor), keep); !all) return std::move(all).error();
  return found;
}

Result<std::uint64_t> Lease::count(std::string_view collection, const Document& filter) {
  const Document question = std::move(Document().set("count", collection).set("query", filter));
  auto answer = command(question);
  if (!answer) return std::move(answer).error();
  return answer->view().count("n").value_or(0);
}

Result<Written> Lease::execute(Bulk bulk) {
  if (bulk.error.code) return failed(bulk.error);
  Reply reply;
  bson_error_t error{};
  const bool is_good = mongoc_bulk_operation_execute(bulk.get(), reply.fresh(), &error) != 0;
  Written outcome = written(reply.view());
  if (is_unacknowledged(reply.view(), outcome)) {
    const Error ours = fail(Errc::unavailable, std::string("MongoDB: ") + error.message);
    client_->note(&ours);
    return ours;
  }
  const bool is_refusal = is_from_server(error) && !outcome.errors.empty();
  if (!is_good && !is_refusal) return failed(error);
  client_->note(nullptr);
  return outcome;
}

Result<Written> Lease::insert_many(std::string_view collection, std::span<const Document> documents,
                                   Order order) {
  if (documents.empty()) return Written{};
  const Collection of(*this, collection);
  Bulk bulk(of, order);
  for (const Document& document : documents) {
    if (!mongoc_bulk_operation_insert_with_opts(bulk.get(), document.bson(), nullptr, &bulk.error))
      break;
  }
  auto written = execute(std::move(bulk));
  if (written && !accounts_for_all(*written, documents.size(), order)) {
    const Error ours = fail(Errc::unavailable, "MongoDB: part of an insert was not answered");
    client_->note(&ours);
    return ours;
  }
  return written;
}

Result<Done> Lease::insert(std::string_view collection, const Document& document) {
  auto done = insert_many(collection, std::span{&document, 1}, Order::ordered);
  if (!done) return std::move(done).error();
  if (!done->errors.empty()) return as_error(done->errors.front());
  return Done{};
}

Result<Written> Lease::bulk(std::string_view collection, std::span<const Update> updates,
                            Order order) {
  if (updates.empty()) return Written{};
  const Collection of(*this, collection);
  Bulk bulk(of, order);
  for (const Update& update : updates) {
    const Document options = std::move(Document().set("upsert", update.upsert));
    const auto add = update.many ? mongoc_bulk_operation_update_many_with_opts
                                 : mongoc_bulk_operation_update_one_with_opts;
    if (!add(bulk.get(), update.filter.bson(), update.change.bson(), options.bson(), &bulk.error))
      break;
  }
  auto done = execute(std::move(bulk));
  if (done || done.error().code != Errc::conflict) return done;
  if (updates.size() > 1) return one_by_one(collection, updates, order);
  return Written{.errors = {WriteError{0, MONGOC_ERROR_DUPLICATE_KEY, done.error().detail}}};
}

/// FerretDB refuses all of a command for one duplicate. MongoDB does not come here.
Result<Written> Lease::one_by_one(std::string_view collection, std::span<const Update> updates,
                                  Order order) {
  Written all;
  for (std::size_t i = 0; i < updates.size(); ++i) {
    auto one = bulk(collection, updates.subspan(i, 1), order);
    if (!one) return one;
    all.matched += one->matched;
    all.modified += one->modified;
    all.upserted += one->upserted;
    if (one->errors.empty()) continue;
    one->errors.front().index = i;
    all.errors.push_back(std::move(one->errors.front()));
    if (order == Order::ordered) break;
  }
  return all;
}

Result<Written> Lease::update(std::string_view collection, const Update& update) {
  auto done = bulk(collection, std::span{&update, 1}, Order::ordered);
  if (done && !done->errors.empty()) return as_error(done->errors.front());
  return done;
}

Result<Written> Lease::remove(std::string_view collection, const Document& filter) {
  const Collection of(*this, collection);
  Bulk bulk(of, Order::ordered);
  mongoc_bulk_operation_remove_many_with_opts(bulk.get(), filter.bson(), nullptr, &bulk.error);
  return execute(std::move(bulk));
}

Result<Document> Lease::answered(bool is_good, Document answer, const bson_error_t& error) {
  if (!is_good) return failed(error);
  client_->note(nullptr);
  return answer;
}

Result<Document> Lease::command(const Document& command) {
  Reply reply;
  bson_error_t error{};
  const bool is_good =
      mongoc_client_command_with_opts(connection_, client_->database().c_str(), command.bson(),
                                      nullptr, nullptr, reply.fresh(), &error);
  return answered(is_good, Document(reply.view()), error);
}

Result<Document> Lease::write_command(Document command) {
  const auto* concern = mongoc_client_get_write_concern(connection_);
  Reply reply;
  bson_error_t error{};
  Document options;
  mongoc_write_concern_append(const_cast<mongoc_write_concern_t*>(concern), options.bson());
  const bool is_good =
      mongoc_client_write_command_with_opts(connection_, client_->database().c_str(),
                                            command.bson(), options.bson(), reply.fresh(), &error);
  return answered(is_good, Document(reply.view()), error);
}

Result<std::vector<std::string>> Lease::index_names(std::string_view collection) {
  const Collection of(*this, collection);
  std::vector<std::string> names;
  const auto keep = [&names](View index) {
    names.emplace_back(index.text("name").value_or(""));
    return true;
  };
  auto all = drain(Cursor(mongoc_collection_find_indexes_with_opts(of.get(), nullptr)), keep);
  if (!all && all.error().code != Errc::not_found) return std::move(all).error();
  return names;
}

Result<Done> Lease::drop_database() {
  auto answer = write_command(std::move(Document().set("dropDatabase", 1)));
  if (!answer) return std::move(answer).error();
  return Done{};
}

}  // namespace parley::store::mongo
