#include "api/gateway_metrics.hpp"

namespace parley::api {

GatewayMetrics::GatewayMetrics(ops::Metrics& metrics)
    : devices(metrics.gauge("parley_devices", "Authenticated sockets that are connected.")),
      messages_sent(metrics.counter("parley_messages_total", "Messages by what became of them.",
                                    {{"state", "sent"}})),
      messages_delivered(metrics.counter(
          "parley_messages_total", "Messages by what became of them.", {{"state", "delivered"}})),
      messages_read(metrics.counter("parley_messages_total", "Messages by what became of them.",
                                    {{"state", "read"}})),
      send_seconds(metrics.histogram("parley_send_seconds",
                                     "From a send_message event to its durable acknowledgement.",
                                     ops::latency_bounds())),
      delivery_seconds(
          metrics.histogram("parley_delivery_seconds",
                            "From a message's time to its hand-over to a device's connection.",
                            ops::latency_bounds())) {
  for (std::size_t code = 0; code < rejected_.size(); ++code) {
    rejected_[code] = &metrics.counter("parley_events_rejected_total",
                                       "Socket events that were refused, by error code.",
                                       {{"code", std::string{info(static_cast<Errc>(code)).code}}});
  }
}

}  // namespace parley::api
