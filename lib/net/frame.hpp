#pragma once

#include <memory>
#include <string>

namespace parley::net {

/// Encoded bytes that never change again: made once, shared by every connection that sends them.
using Frame = std::shared_ptr<const std::string>;

}  // namespace parley::net
