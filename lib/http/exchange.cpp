#include "http/exchange.hpp"

namespace parley::http {

void Endpoint::on_too_large(std::shared_ptr<Exchange> exchange) {
  exchange->respond(Response::error(fail(Errc::too_large, "The request body is too large")));
}

}  // namespace parley::http
