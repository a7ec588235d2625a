#include "store/mongo/bson.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "chat/ids.hpp"

namespace parley::store::mongo {

namespace {
const ObjectId some_id{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
}  // namespace

TEST(Document, gives_back_what_was_set) {
  Document document;
  document.set("text", "hallo").set("yes", true).set("when", from_unix_ms(1'760'000'000'123));
  document.set("id", some_id).set("small", 7).set("big", std::int64_t{1} << 40).set("pi", 3.5);
  document.set("user", chat::UserId{some_id}).set("nothing", nullptr);
  const View view = document;
  EXPECT_EQ(view.text("text"), "hallo");
  EXPECT_EQ(view.boolean("yes"), true);
  EXPECT_EQ(view.time("when"), from_unix_ms(1'760'000'000'123));
  EXPECT_EQ(view.at("id").object_id(), some_id);
  EXPECT_EQ(view.integer("small"), 7);
  EXPECT_EQ(view.integer("big"), std::int64_t{1} << 40);
  EXPECT_EQ(view.id<chat::UserId>("user"), chat::UserId{some_id});
  EXPECT_TRUE(view.at("nothing").is_null());
}

TEST(Document, writes_small_numbers_as_node_does_and_bounds_large_ones) {
  Document document;
  document.set("small", 1).set("large", std::uint64_t{1}).set("huge", ~std::uint64_t{0});
  EXPECT_EQ(bson_iter_type(&document.view().at("small").iterator()), BSON_TYPE_INT32);
  EXPECT_EQ(bson_iter_type(&document.view().at("large").iterator()), BSON_TYPE_INT64);
  EXPECT_EQ(document.view().integer("huge"), std::numeric_limits<std::int64_t>::max());
}

TEST(Document, leaves_out_what_is_absent) {
  Document document;
  document.set("name", std::optional<std::string>{}).set("other", View{}.at("nowhere"));
  EXPECT_TRUE(document.empty());
  document.set("name", std::optional<std::string>{"Alice"});
  EXPECT_EQ(document.view().text("name"), "Alice");
}

TEST(Document, nests_documents_and_arrays) {
  Array ids;
  ids.add(some_id).add("two").add(Document().set("three", 3));
  const Document document(Document().set("list", ids).set("in", Document().set("deep", "yes")));
  EXPECT_EQ(document.view().at("list.0").object_id(), some_id);
  EXPECT_EQ(document.view().text("list.1"), "two");
  EXPECT_EQ(document.view().integer("list.2.three"), 3);
  EXPECT_EQ(document.view().text("in.deep"), "yes");
  EXPECT_FALSE(document.view().has("in.deep.er"));
}

TEST(Document, counts_beyond_ten_elements) {
  Array numbers(std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  const Document document(Document().set("n", numbers));
  EXPECT_EQ(document.view().integer("n.11"), 11);
  int visited = 0;
  document.view().document("n")->each([&visited](std::string_view name, const Value& value) {
    EXPECT_EQ(name, std::to_string(visited));
    EXPECT_EQ(value.integer(), visited++);
  });
  EXPECT_EQ(visited, 12);
}

TEST(Document, is_a_value) {
  Document one(Document().set("a", 1));
  Document two = one;
  two.set("b", 2);
  EXPECT_FALSE(one.view().has("b"));
  one = std::move(two);
  EXPECT_EQ(one.view().integer("b"), 2);
  EXPECT_EQ(Document(one.view()).json(), one.json());
}

TEST(View, takes_numbers_of_every_kind_that_are_whole) {
  Document document;
  document.set("double", 42.0).set("broken", 1.5).set("vast", 1e300);
  document.set("nan", std::numeric_limits<double>::quiet_NaN()).set("minus", -1);
  EXPECT_EQ(document.view().integer("double"), 42);
  EXPECT_EQ(document.view().count("double"), 42u);
  for (const char* name : {"broken", "vast", "nan", "nowhere"})
    EXPECT_FALSE(document.view().integer(name)) << name;
  EXPECT_FALSE(document.view().count("minus"));
}

TEST(View, gives_nothing_for_another_type) {
  const Document document(Document().set("text", "1").set("number", 1));
  const View view = document;
  EXPECT_FALSE(view.integer("text"));
  EXPECT_FALSE(view.boolean("number"));
  EXPECT_FALSE(view.time("number"));
  EXPECT_FALSE(view.text("number"));
  EXPECT_FALSE(view.at("text").object_id());
  EXPECT_FALSE(view.document("text"));
}

TEST(View, gives_no_text_that_is_not_utf8) {
  const Document document(Document().set("text", std::string_view("\xC3\x28", 2)));
  EXPECT_TRUE(document.view().has("text"));
  EXPECT_FALSE(document.view().text("text"));
}

TEST(View, finds_a_name_with_dots_before_it_follows_them) {
  Document document;
  document.set("a.b", 1).set("a", Document().set("b", 2));
  EXPECT_EQ(document.view().integer("a.b"), 1);
}

TEST(View, of_bytes_that_are_no_document_is_empty) {
  const std::vector<std::uint8_t> noise{200, 0, 0, 0, 2, 'a', 0, 255, 255, 255, 255};
  for (std::size_t length = 0; length <= noise.size(); ++length) {
    const View view(std::span(noise.data(), length));
    EXPECT_FALSE(view.has("a"));
    EXPECT_TRUE(Document(view).empty());
    EXPECT_EQ(view.json(), "{ }");
  }
}

}  // namespace parley::store::mongo
