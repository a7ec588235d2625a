#pragma once

#include <vector>

#include "settings/fields.hpp"

namespace parley::app {

/// Adds the group "Mail and jobs".
void add_mail_fields(std::vector<Field>& list);

}  // namespace parley::app
