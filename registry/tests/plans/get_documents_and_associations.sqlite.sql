BEGIN;

SELECT `object`.`object_key`, `object`.`status`, `object`.`last_update_time`, `object`.`record`, `moved`.`patient_no`, `moved`.`other_no`, `moved`.`source_patient_id`
  FROM (`object` LEFT OUTER JOIN `moved` ON (`moved`.`object_key` = `object`.`object_key`))
  WHERE ((`object`.`uuid` = ?) AND (`object`.`kind` = ?));
-- SEARCH object USING INDEX object_uuid (uuid=?)
-- SEARCH moved USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN

SELECT `object`.`object_key`, `object`.`status`, `object`.`last_update_time`, `object`.`record`, `moved`.`patient_no`, `moved`.`other_no`, `moved`.`source_patient_id`
  FROM (`object` LEFT OUTER JOIN `moved` ON (`moved`.`object_key` = `object`.`object_key`))
  WHERE (`object`.`source` = ?)
  ORDER BY `object`.`object_key` ASC;
-- SEARCH object USING INDEX object_source (source=?)
-- SEARCH moved USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN

SELECT `object`.`object_key`, `object`.`status`, `object`.`last_update_time`, `object`.`record`, `moved`.`patient_no`, `moved`.`other_no`, `moved`.`source_patient_id`
  FROM (`object` LEFT OUTER JOIN `moved` ON (`moved`.`object_key` = `object`.`object_key`))
  WHERE (`object`.`target` = ?)
  ORDER BY `object`.`object_key` ASC;
-- SEARCH object USING INDEX object_target (target=?)
-- SEARCH moved USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN

SELECT `patient`.`surviving_no`
  FROM `patient`
  WHERE (`patient`.`patient_no` = ?);
-- SEARCH patient USING INTEGER PRIMARY KEY (rowid=?)

SELECT `patient`.`cx`
  FROM `patient`
  WHERE (`patient`.`patient_no` = ?);
-- SEARCH patient USING INTEGER PRIMARY KEY (rowid=?)

ROLLBACK;
