/*-------------------------------------------------------------------------
 * moment.h
 *	  Dates and times as files write them.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_MOMENT_H
#define LEADCRM_MOMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Moment
{
	int			year;
	int			month;
	int			day;
	int			hour;
	int			minute;
	int			second;
	int			microsecond;
	bool		has_offset;
	bool		epoch;			/* was seconds or milliseconds since 1970 */
	int			offset;			/* seconds east of UTC */
} Moment;

extern bool leadcrm_moment_parse(const char *s, size_t len,
								 const char *format, size_t format_len, Moment *m);
extern bool leadcrm_moment_format_ok(const char *format, size_t len);

#endif							/* LEADCRM_MOMENT_H */
