/*-------------------------------------------------------------------------
 * summary.h
 *	  Mergeable summaries of many leads: what their SQL types share.
 *
 * A type says how its body is written as a row of items, read back and merged,
 * and has with that its text and binary form, its form on disk, its operators
 * and the combine function of its aggregates.
 *
 * While an aggregate runs its state is an expanded object whose body changes in
 * place; everywhere else a value is flat.  All that a body holds lies in the
 * memory context it was made in.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_SUMMARY_H
#define LEADCRM_SUMMARY_H

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/numeric.h"

#include "summary_scan.h"

/* Where items are written to or read from. */
typedef enum SummaryForm
{
	SUMMARY_FLAT,				/* on disk */
	SUMMARY_TEXT,
	SUMMARY_WIRE,
	SUMMARY_PLAIN				/* to compare: amounts without their scale */
} SummaryForm;

typedef struct SummaryWriter
{
	SummaryForm form;
	StringInfoData buf;
} SummaryWriter;

typedef struct SummaryReader
{
	SummaryForm form;
	SummaryInput in;
	struct Node *escontext;		/* takes soft errors, or NULL */
} SummaryReader;

typedef struct SummaryType
{
	const char *name;			/* of the SQL type */

	/* The body that the items make, in CurrentMemoryContext; NULL: they make none. */
	void	   *(*read) (SummaryReader *in);
	void		(*write) (SummaryWriter *out, const void *body);

	/* Add (sign 1) or take away (-1) what another body of the same settings has. */
	void		(*merge) (void *body, const void *other, int sign);
} SummaryType;

/* Bounds of an item. */
#define SUMMARY_ANY			PG_INT64_MIN, PG_INT64_MAX

extern void leadcrm_summary_put_int(SummaryWriter *out, int64 value);
extern void leadcrm_summary_put_text(SummaryWriter *out, const char *s, int len);
extern void leadcrm_summary_put_amount(SummaryWriter *out, Numeric value);
extern bool leadcrm_summary_get_int(SummaryReader *in, int64 min, int64 max, int64 *value);
extern bool leadcrm_summary_get_text(SummaryReader *in, const char **s, int *len);
extern bool leadcrm_summary_get_amount(SummaryReader *in, Numeric *value);

extern const void *leadcrm_summary_body(Datum value, const SummaryType *type);
extern void *leadcrm_summary_state(FunctionCallInfo fcinfo, const SummaryType *type,
								   void *(*make) (const void *settings), const void *settings,
								   Datum *state);

extern Datum leadcrm_summary_in(FunctionCallInfo fcinfo, const SummaryType *type);
extern Datum leadcrm_summary_out(FunctionCallInfo fcinfo, const SummaryType *type);
extern Datum leadcrm_summary_recv(FunctionCallInfo fcinfo, const SummaryType *type);
extern Datum leadcrm_summary_send(FunctionCallInfo fcinfo, const SummaryType *type);
extern Datum leadcrm_summary_combine(FunctionCallInfo fcinfo, const SummaryType *type);
extern Datum leadcrm_summary_merge(FunctionCallInfo fcinfo, const SummaryType *type, int sign);
extern bool leadcrm_summary_equal(FunctionCallInfo fcinfo, const SummaryType *type);

extern void leadcrm_summary_count(int64 *count, int64 more, int sign);

/* One SQL-callable function of a type, leadcrm_TYPE_VERB. */
#define SUMMARY_FUNCTION(type, verb, expression) \
PG_FUNCTION_INFO_V1(leadcrm_##type##_##verb); \
Datum \
leadcrm_##type##_##verb(PG_FUNCTION_ARGS) \
{ \
	return expression; \
} \
extern int	no_such_variable

/* Those that every type has; its SummaryType is leadcrm_TYPE_type. */
#define SUMMARY_FUNCTIONS(type) \
SUMMARY_FUNCTION(type, in, leadcrm_summary_in(fcinfo, &leadcrm_##type##_type)); \
SUMMARY_FUNCTION(type, out, leadcrm_summary_out(fcinfo, &leadcrm_##type##_type)); \
SUMMARY_FUNCTION(type, recv, leadcrm_summary_recv(fcinfo, &leadcrm_##type##_type)); \
SUMMARY_FUNCTION(type, send, leadcrm_summary_send(fcinfo, &leadcrm_##type##_type)); \
SUMMARY_FUNCTION(type, combine, leadcrm_summary_combine(fcinfo, &leadcrm_##type##_type)); \
SUMMARY_FUNCTION(type, add, leadcrm_summary_merge(fcinfo, &leadcrm_##type##_type, 1)); \
SUMMARY_FUNCTION(type, subtract, leadcrm_summary_merge(fcinfo, &leadcrm_##type##_type, -1)); \
SUMMARY_FUNCTION(type, eq, BoolGetDatum(leadcrm_summary_equal(fcinfo, &leadcrm_##type##_type))); \
SUMMARY_FUNCTION(type, ne, BoolGetDatum(!leadcrm_summary_equal(fcinfo, &leadcrm_##type##_type)))

#endif							/* LEADCRM_SUMMARY_H */
