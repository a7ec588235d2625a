#include "base/escape_html.hpp"

#include <gtest/gtest.h>

namespace parley {

TEST(EscapeHtml, leaves_no_character_that_markup_is_made_of) {
  EXPECT_EQ(escape_html("<a href=\"x\" title='y'>&amp;</a>"),
            "&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt;");
}

TEST(EscapeHtml, leaves_other_text_as_it_is) {
  EXPECT_EQ(escape_html("plain, é"), "plain, é");
  EXPECT_EQ(escape_html(""), "");
}

}  // namespace parley
