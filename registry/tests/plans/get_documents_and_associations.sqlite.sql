BEGIN;

SELECT `object`.`object_key`, `object`.`status`, `object`.`last_update_time`, `object`.`record`
  FROM `object`
  WHERE ((`object`.`uuid` = ?) AND (`object`.`kind` = ?))
  LIMIT ?;
-- SEARCH object USING INDEX object_uuid (uuid=?)

SELECT `object`.`object_key`, `object`.`status`, `object`.`last_update_time`, `object`.`record`
  FROM `object`
  WHERE (`object`.`source` = ?)
  ORDER BY `object`.`object_key` ASC;
-- SEARCH object USING INDEX object_source (source=?)

SELECT `object`.`object_key`, `object`.`status`, `object`.`last_update_time`, `object`.`record`
  FROM `object`
  WHERE (`object`.`target` = ?)
  ORDER BY `object`.`object_key` ASC;
-- SEARCH object USING INDEX object_target (target=?)

SELECT `patient`.`surviving_no`
  FROM `patient`
  WHERE (`patient`.`patient_no` = ?)
  LIMIT ?;
-- SEARCH patient USING INTEGER PRIMARY KEY (rowid=?)

SELECT `patient`.`cx`
  FROM `patient`
  WHERE (`patient`.`patient_no` = ?)
  LIMIT ?;
-- SEARCH patient USING INTEGER PRIMARY KEY (rowid=?)

ROLLBACK;
