/* fuzz: decay.c */
/*-------------------------------------------------------------------------
 * decay_fuzz.c
 *	  Fuzz target of decay.c: a sum is in normal form whatever was added, and
 *	  the same whatever the order.
 *
 * The input is a byte that chooses the half-life, 8 bytes more if it is to be
 * any, and 16 bytes for each part: a double and a moment.
 *-------------------------------------------------------------------------
 */
#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "decay.h"

#define PART_SIZE	16
#define MAX_PARTS	64

int			LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const Decay *sum, int64_t half_life)
{
	if (sum->value == 0)
		return;
	assert(sum->value >= 1 && sum->value < 2);
	assert(sum->at % half_life == 0);
	assert(sum->at >= INT64_C(-211813488000000000) && sum->at < INT64_C(9223371331200000000));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int64_t half_lives[] = {
		INT64_C(3600000000), INT64_C(259200000000), INT64_C(1209600000000),
		INT64_C(15552000000000), INT64_C(315360000000000)
	};
	const int	nhalf_lives = sizeof(half_lives) / sizeof(half_lives[0]);
	int64_t		half_life = 0;
	Decay		forward = {0, 0};
	Decay		backward = {0, 0};
	double		all;
	bool		cut = false;	/* a part has no anchor that can be written */
	double		points;
	int64_t		at;
	int			n;

	if (size < 1)
		return 0;
	half_life = half_lives[data[0] % nhalf_lives];
	if (data[0] >= 128 && size >= 9)
	{
		memcpy(&half_life, data + 1, sizeof(half_life));
		data += 8;
		size -= 8;
		if (half_life <= 0)
			return 0;
	}
	data++;
	size--;

	n = size / PART_SIZE < MAX_PARTS ? (int) (size / PART_SIZE) : MAX_PARTS;
	for (int i = 0; i < n; i++)
	{
		Decay		part = {0, 0};

		memcpy(&points, data + i * PART_SIZE, sizeof(points));
		memcpy(&at, data + i * PART_SIZE + sizeof(points), sizeof(at));
		leadcrm_decay_add(&part, points, at, half_life);
		check(&part, half_life);
		if (part.value == 0 ? points > 0 : part.value == nextafter(2, 1))
			cut = true;
		leadcrm_decay_add(&forward, points, at, half_life);
		check(&forward, half_life);
		memcpy(&points, data + (n - 1 - i) * PART_SIZE, sizeof(points));
		memcpy(&at, data + (n - 1 - i) * PART_SIZE + sizeof(points), sizeof(at));
		leadcrm_decay_add(&backward, points, at, half_life);
		check(&backward, half_life);
	}

	if (cut || forward.value == nextafter(2, 1) || backward.value == nextafter(2, 1))
		return 0;
	assert((forward.value == 0) == (backward.value == 0));
	if (forward.value == 0)
		return 0;
	all = leadcrm_decay_points(&forward, forward.at, half_life);
	assert(all == forward.value);
	points = leadcrm_decay_points(&backward, forward.at, half_life);
	assert(fabs(all - points) <= 1e-9 * all);

	/* It falls to a tenth when it says so, and from there on. */
	if (leadcrm_decay_moment(&forward, all / 10, half_life, &at))
	{
		assert(leadcrm_decay_points(&forward, at, half_life) <= all / 10);
		assert(at > forward.at);
		assert(leadcrm_decay_points(&forward, at, half_life) > all / 10 * (1 - 1e-9) ||
			   half_life < 1000000000);
	}
	return 0;
}
