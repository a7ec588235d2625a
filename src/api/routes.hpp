#pragma once

#include <functional>
#include <string>

#include "api/services.hpp"
#include "chat/ports/credentials.hpp"
#include "http/router.hpp"

namespace parley::api {

/// The contract's REST calls, by noun. `services` outlives the router.
void add_auth_routes(http::Router& router, const Services& services);
void add_session_routes(http::Router& router, const Services& services);
void add_conversation_routes(http::Router& router, const Services& services);
void add_message_routes(http::Router& router, const Services& services);
void add_user_routes(http::Router& router, const Services& services);
void add_mail_routes(http::Router& router, const Services& services);
void add_recovery_routes(http::Router& router, const Services& services);
/// The pages that the links of our mails lead to.
void add_link_pages(http::Router& router, const Services& services);
/// `has_client`: browsers are sent to the web client.
void add_root_routes(http::Router& router, bool has_client);

/// A handler for everybody.
using OpenHandler = std::function<Task<http::Response>(const Services&, http::Request)>;
/// A handler that needs to know who is asking.
using AuthorizedHandler =
    std::function<Task<http::Response>(const Services&, http::Request, chat::Claims)>;

/// Who asks, by `Authorization: Bearer …`. unauthorized: `Not authorized` without it, `Invalid
/// token` for a bad one.
Result<chat::Claims> authenticate(const Services& services, const http::Request& request);

http::Handler open_to_all(const Services& services, OpenHandler handler);
/// Authenticates first.
http::Handler authorized(const Services& services, AuthorizedHandler handler);

/// The error body of the contract. `overloaded` says when to come back.
http::Response refusal(const Error& error);
/// A JSON body that is written already.
http::Response json_text(int status, std::string body);
/// The JSON object in the request's body. bad_request.
Result<json::object> body_of(const http::Request& request);

}  // namespace parley::api
