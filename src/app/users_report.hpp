#pragma once

#include "app/jobs_report.hpp"

namespace parley::app {

/// `parley user`: asks a UserDesk, and tells people or, with `json`, programs what came back. Exit
/// code.
int report_user(const UserRequest& request, const Ask& ask, const Terminal& terminal);

}  // namespace parley::app
