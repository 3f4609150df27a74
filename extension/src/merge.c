/*-------------------------------------------------------------------------
 * merge.c
 *	  What merge_leads() and unmerge() of a workspace need to know about rows.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/typcache.h"

#include "row_json.h"
#include "score.h"
#include "settle.h"

PG_FUNCTION_INFO_V1(leadcrm_row_image);
PG_FUNCTION_INFO_V1(leadcrm_filled_columns);

/*
 * leadcrm_row_image
 *		row_image(record) returns jsonb: {column: value}, every value a string
 *		in the text form of its type, or null.
 *
 * The form of merge_log.before; see row_json.c.  Without the columns that
 * scoring and recycling compute: they follow from the others.
 */
Datum
leadcrm_row_image(PG_FUNCTION_ARGS)
{
	HeapTupleHeader header = PG_GETARG_HEAPTUPLEHEADER(0);
	TupleDesc	tupdesc = lookup_rowtype_tupdesc(HeapTupleHeaderGetTypeId(header),
												 HeapTupleHeaderGetTypMod(header));
	Datum	   *value = palloc(tupdesc->natts * sizeof(Datum));
	bool	   *isnull = palloc(tupdesc->natts * sizeof(bool));
	JsonbParseState *state = NULL;
	JsonbValue *object;
	HeapTupleData tuple;

	tuple.t_len = HeapTupleHeaderGetDatumLength(header);
	ItemPointerSetInvalid(&tuple.t_self);
	tuple.t_tableOid = InvalidOid;
	tuple.t_data = header;
	heap_deform_tuple(&tuple, tupdesc, value, isnull);

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	for (int i = 0; i < tupdesc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(tupdesc, i);

		if (att->attisdropped || leadcrm_score_computes(NameStr(att->attname)) ||
			strcmp(NameStr(att->attname), leadcrm_workspace_column(LEAD_RECYCLE_AT)) == 0)
			continue;
		leadcrm_json_key(&state, NameStr(att->attname));
		leadcrm_json_value(&state, WJB_VALUE, value[i], isnull[i], att->atttypid);
	}
	object = pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	ReleaseTupleDesc(tupdesc);
	PG_RETURN_POINTER(JsonbValueToJsonb(object));
}

/*
 * leadcrm_filled_columns
 *		filled_columns(lead regclass) returns setof text: the columns that describe the customer,
 *		which a merge fills where the winner has nothing.
 *
 * Raises 39P01 if the table is not the lead table of a workspace.
 */
Datum
leadcrm_filled_columns(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Relation	lead = table_open(PG_GETARG_OID(0), AccessShareLock);
	TupleDesc	tupdesc = RelationGetDescr(lead);
	Workspace  *ws = leadcrm_workspace_of(lead);

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	for (int i = 0; i < tupdesc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(tupdesc, i);
		Datum		row[1];
		bool		nulls[1] = {false};

		if (!leadcrm_settle_fills(ws, att))
			continue;
		row[0] = CStringGetTextDatum(NameStr(att->attname));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, row, nulls);
	}
	table_close(lead, AccessShareLock);
	return (Datum) 0;
}
