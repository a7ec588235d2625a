#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

namespace parley {

namespace asio = boost::asio;

/// Where coroutines run: one shard's io_context. Concrete, so that resuming costs no type erasure.
using Executor = asio::io_context::executor_type;

/// A coroutine that waits. Arguments are values (a view may be gone after the first wait); inside a
/// co_await expression they are names or literals, because GCC 12 destroys aggregate temporaries
/// there twice (HACKING.md, "co_await").
template <class T>
using Task = asio::awaitable<T, Executor>;

}  // namespace parley
