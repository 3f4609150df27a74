/*-------------------------------------------------------------------------
 * value_class.h
 *	  The values of a type, cut into classes by constants.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_VALUE_CLASS_H
#define LEADCRM_VALUE_CLASS_H

/* How values are told apart. */
typedef enum ValueKind
{
	VALUE_ANY,					/* only NULL is told from the rest */
	VALUE_INTEGER,				/* integers, dates, times, booleans, enum labels */
	VALUE_FLOAT,
	VALUE_TEXT,					/* equal bytes, or the same beginning */
	VALUE_ORDERED				/* by the type's default btree operator class */
} ValueKind;

/* Values that the same kind of look-up serves. */
typedef struct ValueType
{
	ValueKind	kind;
	Oid			type;			/* of the values; InvalidOid for VALUE_ANY */
	Oid			collation;		/* with VALUE_ORDERED only */
} ValueType;

typedef struct ValueClasses ValueClasses;

extern ValueClasses *leadcrm_value_classes_create(const ValueType *type,
												  int max_constants, int max_prefixes,
												  MemoryContext cxt);
extern void leadcrm_value_classes_add(ValueClasses *classes, Datum constant, bool prefix);
extern void leadcrm_value_classes_finish(ValueClasses *classes);
extern int	leadcrm_value_classes_count(const ValueClasses *classes);
extern Datum leadcrm_value_constant(const ValueType *type, Datum value, Oid valuetype);
extern int	leadcrm_value_class(const ValueClasses *classes, Datum value);
extern int	leadcrm_value_class_of_constant(const ValueClasses *classes, Datum constant);
extern bool leadcrm_value_class_starts_with(const ValueClasses *classes, int class, Datum prefix);

#endif							/* LEADCRM_VALUE_CLASS_H */
