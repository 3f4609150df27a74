/*-------------------------------------------------------------------------
 * behaviour_sql.c
 *	  The SQL face of behaviour: summing up anew, and what it was made of.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "behaviour.h"
#include "dedup.h"

/* Activities read at a time. */
#define AT_BATCH		1000

static int64 *array_ids(ArrayType *array, int *n);
static void put_kind(ReturnSetInfo *rsinfo, const KindSum *sum, TimestampTz as_of);

PG_FUNCTION_INFO_V1(leadcrm_recompute_behaviour_sql);
PG_FUNCTION_INFO_V1(leadcrm_behaviour_at_sql);
PG_FUNCTION_INFO_V1(leadcrm_decayed_sql);

/*
 * leadcrm_recompute_behaviour_sql
 *		_recompute_behaviour(lead regclass, leads bigint[]): sum up the behaviour
 *		of leads from their activities; NULL: of all.
 *
 * For roles with the rights of the workspace's owner (42501).  Locks the
 * leads FOR NO KEY UPDATE in the order of their ids and writes those that
 * change.
 */
Datum
leadcrm_recompute_behaviour_sql(PG_FUNCTION_ARGS)
{
	Relation	lead;
	Workspace  *ws;
	OwnerSave	save;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	lead = table_open(PG_GETARG_OID(0), RowExclusiveLock);
	ws = leadcrm_workspace_of(lead);
	leadcrm_owner_required(ws, lead);
	leadcrm_owner_begin(ws, &save);
	if (PG_ARGISNULL(1))
		leadcrm_behaviour_recount_all(ws);
	else
	{
		int			n;
		int64	   *ids = array_ids(PG_GETARG_ARRAYTYPE_P(1), &n);

		leadcrm_behaviour_recount(ws, ids, n);
	}
	leadcrm_owner_end(&save);
	table_close(lead, NoLock);
	PG_RETURN_VOID();
}

/* The ids in an array, sorted, each once. */
static int64 *
array_ids(ArrayType *array, int *n)
{
	Datum	   *value;
	bool	   *isnull;
	int			nvalues;
	int			kept = 0;
	int64	   *ids;

	deconstruct_array(array, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE,
					  &value, &isnull, &nvalues);
	ids = palloc(Max(nvalues, 1) * sizeof(int64));
	for (int i = 0; i < nvalues; i++)
	{
		if (!isnull[i])
			ids[kept++] = DatumGetInt64(value[i]);
	}
	qsort(ids, kept, sizeof(int64), leadcrm_int8_compare);
	*n = 0;
	for (int i = 0; i < kept; i++)
	{
		if (*n == 0 || ids[*n - 1] != ids[i])
			ids[(*n)++] = ids[i];
	}
	return ids;
}

/*
 * leadcrm_behaviour_at_sql
 *		_behaviour_at(lead regclass, lead_id bigint, as_of timestamptz) returns
 *		rows of class, kind, counted and points: what the activities of a lead
 *		were worth at a moment, by today's half-lives, points and caps.
 *
 * For a moment in the past, activities that came later do not count; else all
 * do, as in the row of the lead.  The activities are read as the caller, with
 * his rights and policies.
 */
Datum
leadcrm_behaviour_at_sql(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Relation	lead = table_open(PG_GETARG_OID(0), AccessShareLock);
	TimestampTz as_of = PG_GETARG_TIMESTAMPTZ(2);
	TimestampTz last = as_of < GetCurrentTransactionStartTimestamp() ? as_of : DT_NOEND;
	Datum		values[1] = {PG_GETARG_DATUM(1)};
	Workspace  *ws;
	Portal		portal;
	KindSum		sum;
	int			kind = -1;
	uint64		fetched;

	InitMaterializedSRF(fcinfo, 0);
	ws = leadcrm_workspace_of(lead);
	leadcrm_kind_sum_begin(&sum, ws, kind);
	SPI_connect();
	portal = leadcrm_workspace_cursor(ws, PLAN_BEHAVIOUR_OF_LEAD,
									  "SELECT coalesce(kind::pg_catalog.text, ''),"
									  " coalesce(direction::pg_catalog.text, ''),"
									  " at::pg_catalog.timestamptz FROM %s.activity"
									  " WHERE lead_id OPERATOR(pg_catalog.=) $1"
									  " ORDER BY kind, at, id",
									  1, (Oid[]) {INT8OID}, values);
	do
	{
		SPITupleTable *table;

		CHECK_FOR_INTERRUPTS();
		SPI_cursor_fetch(portal, true, AT_BATCH);
		table = SPI_tuptable;
		fetched = SPI_processed;
		for (uint64 i = 0; i < fetched; i++)
		{
			HeapTuple	row = table->vals[i];
			bool		isnull;
			text	   *name = DatumGetTextPP(SPI_getbinval(row, table->tupdesc, 1, &isnull));
			text	   *direction = DatumGetTextPP(SPI_getbinval(row, table->tupdesc, 2, &isnull));
			TimestampTz at = DatumGetTimestampTz(SPI_getbinval(row, table->tupdesc, 3, &isnull));
			int			found = leadcrm_activity_kind_find(ws, VARDATA_ANY(name),
														   VARSIZE_ANY_EXHDR(name));

			if (found != kind)
			{
				put_kind(rsinfo, &sum, as_of);
				leadcrm_kind_sum_begin(&sum, ws, found);
				kind = found;
			}
			if (kind >= 0 && at <= last && !TIMESTAMP_NOT_FINITE(at) &&
				leadcrm_activity_counts(&ws->activity_kind[kind], VARDATA_ANY(direction),
										VARSIZE_ANY_EXHDR(direction)))
				leadcrm_kind_sum_add(&sum, at);
		}
		SPI_freetuptable(table);
	} while (fetched > 0);
	put_kind(rsinfo, &sum, as_of);
	SPI_cursor_close(portal);
	SPI_finish();
	table_close(lead, AccessShareLock);
	return (Datum) 0;
}

static void
put_kind(ReturnSetInfo *rsinfo, const KindSum *sum, TimestampTz as_of)
{
	Datum		row[4];
	bool		nulls[4] = {false};

	if (sum->counted == 0)
		return;
	row[0] = Int32GetDatum(sum->kind->half_life + 1);
	row[1] = CStringGetTextDatum(sum->kind->kind);
	row[2] = Int64GetDatum(sum->counted);
	row[3] = Float8GetDatum(leadcrm_decay_points(&sum->points, as_of,
												 sum->ws->half_life[sum->kind->half_life].half_life));
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, row, nulls);
}

/*
 * leadcrm_decayed_sql
 *		decayed(points float8, at timestamptz, half_life interval, as_of timestamptz)
 *		returns float8: what points at one moment are worth at another.
 *
 * Raises 22023 for a half-life that is not longer than nothing.
 */
Datum
leadcrm_decayed_sql(PG_FUNCTION_ARGS)
{
	Decay		sum;
	int64		half_life = leadcrm_interval_span(PG_GETARG_INTERVAL_P(2));

	if (half_life <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a half-life must be greater than zero")));
	sum.value = PG_GETARG_FLOAT8(0);
	sum.at = PG_GETARG_TIMESTAMPTZ(1);
	PG_RETURN_FLOAT8(leadcrm_decay_points(&sum, PG_GETARG_TIMESTAMPTZ(3), half_life));
}
