BEGIN;

SELECT `code`.`code_no`, `code`.`attribute`, `code`.`code`, `code`.`scheme`, `code`.`display`
  FROM `code`
  WHERE (`code`.`code_no` >= ?)
  ORDER BY `code`.`code_no` ASC;
-- SEARCH code USING INTEGER PRIMARY KEY (rowid>?)

SELECT `object_reference`.`object_key`
  FROM `object_reference`
  WHERE (`object_reference`.`reference_id` = ?)
  ORDER BY `object_reference`.`object_key` ASC
  LIMIT ?;
-- SEARCH object_reference USING PRIMARY KEY (reference_id=?)

SELECT `object`.`object_key`, `object`.`status`, `object`.`last_update_time`, `object`.`record`, `moved`.`patient_no`, `moved`.`other_no`, `moved`.`source_patient_id`
  FROM (`object` LEFT OUTER JOIN `moved` ON (`moved`.`object_key` = `object`.`object_key`))
  WHERE (`object`.`object_key` IN (?))
  ORDER BY `object`.`object_key` ASC;
-- SEARCH object USING INTEGER PRIMARY KEY (rowid=?)
-- SEARCH moved USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN

SELECT `patient`.`patient_no`, `survivor`.`cx`
  FROM (`patient` INNER JOIN `patient` AS `survivor` ON (`patient`.`surviving_no` = `survivor`.`patient_no`))
  WHERE (`patient`.`patient_no` IN (?));
-- SEARCH patient USING INTEGER PRIMARY KEY (rowid=?)
-- SEARCH survivor USING INTEGER PRIMARY KEY (rowid=?)

ROLLBACK;
