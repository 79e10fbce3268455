#pragma once

/*
 * delivery_policy.h: when a delivery is tried again.
 */
#include "engine/delivery.h"

/* How long to wait after that many failures, from 1 on; -1: its retries are used up. */
int64_t delivery_retry_delay_ms(const struct delivery_policy *policy, int64_t failures);
/* How long to wait after it was throttled that many times, from 1 on.  The policy has throttle_min_ms. */
int64_t delivery_throttle_delay_ms(const struct delivery_policy *policy, int64_t throttles);
